// Plain Node, so that it runs before anything is installed.
declare module "*/scripts/setup.mjs" {
  export function ensureChromium(): Promise<string>;
  export function ensureTurnServer(): string | undefined;
  export function ensureBuilt(names?: readonly string[]): Promise<void>;
}
