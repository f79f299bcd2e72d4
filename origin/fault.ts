/** What goes wrong with the responses a fault matches. */
export type FaultKind =
  | { readonly type: "status"; readonly status: number }
  /** The connection is closed without an answer. */
  | { readonly type: "destroy" }
  /**
   * The body ends after `bytes`. `announced: "full"` is a broken connection, which a client can tell;
   * `announced: "cut"` is a well-formed answer that is too short, which it cannot.
   */
  | { readonly type: "truncate"; readonly bytes: number; readonly announced: "full" | "cut" }
  | { readonly type: "slow"; readonly bps: number };

/** A fault in force until it is removed or used up. */
export interface Fault {
  /** Tested against path and query, such as `/vod/level2/seg3.ts?v=1`. */
  readonly pattern: RegExp;
  readonly kind: FaultKind;
  /** How many requests it hits. Default: all. */
  readonly times?: number;
}

/** The faults in force; the oldest that matches applies. */
export interface FaultList {
  add(fault: Fault): () => void;
  /** The fault that hits this request, which counts as one use. */
  hit(target: string): FaultKind | undefined;
}

/** An empty list. */
export function createFaultList(): FaultList {
  const active: { readonly fault: Fault; used: number }[] = [];
  return {
    add(fault) {
      const entry = { fault, used: 0 };
      active.push(entry);
      return () => {
        const index = active.indexOf(entry);
        if (index >= 0) active.splice(index, 1);
      };
    },
    hit(target) {
      const entry = active.find(
        ({ fault, used }) => used < (fault.times ?? Infinity) && target.search(fault.pattern) >= 0,
      );
      if (entry === undefined) return undefined;
      entry.used += 1;
      return entry.fault.kind;
    },
  };
}
