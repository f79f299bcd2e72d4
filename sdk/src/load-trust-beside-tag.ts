import type { TrustPart } from "./load-trust.js";

export type { TrustPart } from "./load-trust.js";

/** Known only while the tag runs. */
const tag = typeof document === "undefined" ? null : (document.currentScript as HTMLScriptElement | null);

let loaded: Promise<TrustPart> | undefined;

/**
 * The part lies beside the script tag's own file. A script element rather than import(): like the tag itself it needs no CORS headers
 * where it comes from. The tag's nonce goes with it.
 */
export const loadTrust = (): Promise<TrustPart> =>
  (loaded ??= new Promise<TrustPart>((resolve, reject) => {
    const script = document.createElement("script");
    script.src = new URL("shoal-trust.min.js", tag?.src || document.baseURI).href;
    if (tag?.nonce) script.nonce = tag.nonce;
    script.onload = () => {
      const part = (globalThis as unknown as { ShoalTrust?: TrustPart }).ShoalTrust;
      if (part) resolve(part);
      else reject(new Error(`${script.src} is not Shoal's`));
    };
    script.onerror = () => {
      // Another player of the page may be luckier.
      loaded = undefined;
      script.remove();
      reject(new Error(`${script.src} could not be loaded`));
    };
    document.head.append(script);
  }));
