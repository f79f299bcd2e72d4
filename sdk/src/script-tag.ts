import type Hls from "hls.js";
import type { HlsConfig } from "hls.js";
import type { ShoalOptions } from "./options.js";
import { Shoal } from "./shoal.js";

export { Shoal };

type HlsClass = typeof Hls;

/** What the tag sees of the page. */
export interface TagScope {
  Hls?: HlsClass;
  /** What the tag cannot say: functions, for one. */
  shoalOptions?: Partial<ShoalOptions> | undefined;
  shoal?: Shoal;
}

/** What the page has set before the tag, and the tag's `data-` attributes, which come before it. */
export function tagOptions({ tracker, swarm, contentKey, upload }: Readonly<Record<string, string | undefined>>, set: TagScope["shoalOptions"]): Partial<ShoalOptions> {
  return { ...set, ...(tracker && { tracker }), ...(swarm && { swarm }), ...(contentKey !== undefined && { contentKey }), ...(upload !== undefined && { upload: upload !== "false" }) };
}

/**
 * The page's `Hls` with every new instance's configuration passed through `shoal`. A proxy, so that static members,
 * `instanceof`, subclasses and `Hls.DefaultConfig = ...` stay the original's.
 */
export function assistedHls(original: HlsClass, shoal: Shoal): HlsClass {
  return new Proxy(original, {
    construct(target, [config, ...rest]: [Partial<HlsConfig>?, ...unknown[]], newTarget) {
      return Reflect.construct(target, [shoal.hlsConfig(config), ...rest], newTarget) as object;
    },
  });
}

/** Puts {@link assistedHls} in the place of `scope.Hls`, now or when a script loaded later sets it. */
export function assist(scope: TagScope, shoal: Shoal): void {
  let current = scope.Hls && assistedHls(scope.Hls, shoal);
  if (current && !Object.getOwnPropertyDescriptor(scope, "Hls")?.configurable) {
    // Declared with `var` by a classic script: its value can be changed, not its kind.
    scope.Hls = current;
    return;
  }
  Object.defineProperty(scope, "Hls", {
    configurable: true,
    enumerable: true,
    get: () => current,
    set: (next: HlsClass | undefined) => {
      // Assigning what was read, as bundles do to share a global, must not assist twice.
      current = typeof next === "function" && next !== current ? assistedHls(next, shoal) : next;
    },
  });
}

/** What the tag does when it runs; `data` is undefined outside of a script tag. */
export function runTag(scope: TagScope, data: Readonly<Record<string, string | undefined>> | undefined): void {
  if (!data) return;
  const options = tagOptions(data, scope.shoalOptions);
  try {
    scope.shoal = new Shoal(options as ShoalOptions);
    assist(scope, scope.shoal);
  } catch (error) {
    if (options.contentKey === undefined) return console.warn(`Shoal: ${error instanceof Error ? error.message : String(error)} Until then hls.js plays alone.`);
    // A page that wants signed bytes alone gets no player that would play others.
    if (Object.getOwnPropertyDescriptor(scope, "Hls")?.configurable === false) (scope as { Hls: unknown }).Hls = undefined;
    else Object.defineProperty(scope, "Hls", { configurable: true, get() { throw error; }, set() {} });
    throw error;
  }
}

if (typeof document !== "undefined") runTag(globalThis as unknown as TagScope, (document.currentScript as HTMLScriptElement | null)?.dataset);
