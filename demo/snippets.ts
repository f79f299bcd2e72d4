const COPIED_MS = 1_500;

/** The two ways to use Shoal, ready to copy, with this page's tracker filled in. */
export function showSnippets(host: HTMLElement, tracker: string): void {
  host.replaceChildren(
    snippet("With npm and a bundler", `const shoal = new Shoal({ tracker: "${tracker}" });\nconst hls = new Hls(shoal.hlsConfig());`),
    snippet("With script tags", `<script src="hls.min.js"></script>\n<script src="shoal.min.js" data-tracker="${tracker}"></script>`),
  );
}

function snippet(title: string, code: string): HTMLElement {
  const [box, heading, pre, copy] = [document.createElement("div"), document.createElement("h3"), document.createElement("pre"), document.createElement("button")];
  box.className = "snippet";
  heading.textContent = title;
  pre.textContent = code;
  // Scrolls sideways on a phone, so the keyboard must reach it.
  pre.tabIndex = 0;
  pre.setAttribute("role", "region");
  pre.setAttribute("aria-label", `Code: ${title}`);
  copy.type = "button";
  copy.textContent = "Copy";
  copy.setAttribute("aria-label", `Copy: ${title}`);
  copy.addEventListener("click", () => {
    navigator.clipboard.writeText(code).then(
      () => {
        copy.textContent = "Copied";
        setTimeout(() => (copy.textContent = "Copy"), COPIED_MS);
      },
      // Where the clipboard is forbidden, the selection is one key away from it.
      () => getSelection()?.selectAllChildren(pre),
    );
  });
  box.append(heading, pre, copy);
  return box;
}
