import type { Result } from "./result.js";

/** What a machine's speed and memory have a say in. */
const INEXACT: readonly (keyof Result)[] = ["wallSeconds", "bytesPerPeer"];

/** A result for people. */
export function table(result: Result, { exactOnly = false }: { readonly exactOnly?: boolean } = {}): string {
  const rows: [string, string | number][] = [];
  for (const [key, value] of Object.entries(result) as [keyof Result, Result[keyof Result]][]) {
    if (value === null || value === undefined || (exactOnly && INEXACT.includes(key))) continue;
    if (typeof value !== "object") rows.push([words(key), value]);
    else for (const [name, part] of Object.entries(value)) rows.push([`${words(key)}: ${name}`, typeof part === "number" ? part : `${part.perPeerSecond} a second and peer, ${(100 * part.ratio).toFixed(2)} % of DATA`]);
  }
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join("\n");
}

const words = (key: string): string => key.replace(/([a-z])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`);
