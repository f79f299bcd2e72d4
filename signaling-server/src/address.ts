import type { IncomingMessage } from "node:http";

/**
 * What connections are counted by: an IPv4 address, or the /64 that one IPv6 customer usually has. Kept in memory only,
 * never written to a log.
 */
export function addressKey(request: IncomingMessage, trustProxy: boolean): string {
  const forwarded = trustProxy ? lastForwarded(request.headers["x-forwarded-for"]) : undefined;
  return networkOf(forwarded ?? request.socket.remoteAddress ?? "unknown");
}

/** The last entry is the proxy's own word; those before it are the client's. */
function lastForwarded(header: string | string[] | undefined): string | undefined {
  const list = Array.isArray(header) ? header.join(",") : header;
  const last = list?.split(",").at(-1)?.trim();
  return last === "" ? undefined : last;
}

export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped?.[1] !== undefined) return mapped[1];
  if (!address.includes(":")) return address;
  const [head = "", tail] = (address.split("%")[0] ?? "").split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? [] : Array<string>(Math.max(0, 8 - left.length - right.length)).fill("0");
  return [...left, ...zeros, ...right].slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16)).join(":");
}

/** What neighbours of a {@link networkOf} have in common: the /24, or the /48. They fail together, and one person can have many of them. */
export function prefixOf(network: string): string {
  return network.split(/[.:]/).slice(0, 3).join(network.includes(":") ? ":" : ".");
}

/** Connections per key, at most `max` each. */
export class AddressCount {
  readonly #counts = new Map<string, number>();

  constructor(private readonly max: number) {}

  isFull(key: string): boolean {
    return (this.#counts.get(key) ?? 0) >= this.max;
  }

  add(key: string): void {
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  remove(key: string): void {
    const left = (this.#counts.get(key) ?? 0) - 1;
    if (left > 0) this.#counts.set(key, left);
    else this.#counts.delete(key);
  }
}
