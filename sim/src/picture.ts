/** Colours of a picture, as CSS variables: the second is for readers who like it dark. */
const THEMES = {
  light: "--back:#fff;--ink:#1f2328;--dim:#636c76;--line:#d1d9e0;--band:#eef3f8",
  dark: "--back:#0d1117;--ink:#e6edf3;--dim:#9198a1;--line:#3d444d;--band:#1a222c",
};

export interface PictureOptions {
  readonly width: number;
  readonly height: number;
  readonly title: string;
  readonly fontPx: number;
  /** Further rules of style. */
  readonly css?: string;
}

/** An SVG that has its own background, and is light or dark as the reader's system is. */
export function picture(parts: readonly string[], { width, height, title, fontPx, css = "" }: PictureOptions): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" font-family="system-ui,sans-serif" font-size="${fontPx}">
<title>${escaped(title)}</title><style>svg{${THEMES.light};fill:var(--ink)}@media(prefers-color-scheme:dark){svg{${THEMES.dark}}}.dim{fill:var(--dim)}.line{stroke:var(--line);fill:none}${css}</style>
<rect width="100%" height="100%" style="fill:var(--back)"/>
${parts.join("\n")}
</svg>
`;
}

export const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
