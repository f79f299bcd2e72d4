import { type Chance, pick } from "./chance.js";

/** A copy that differs in one place, as a hostile client's JSON may: Socket.IO brings plain JSON and binary, nothing else. */
export function mutateJson(value: unknown, chance: Chance): unknown {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value) || chance(8) === 0) return odd(chance);
  if (Array.isArray(value)) return mutateList(value, chance);
  const copy: Record<string, unknown> = { ...value };
  const keys = Object.keys(copy);
  const key = keys[chance(keys.length)] ?? "swarm";
  switch (chance(6)) {
    case 0: delete copy[key]; return copy;
    case 1: copy[pick(KEYS, chance)] = odd(chance); return copy;
    case 2: return withProto(copy);
    case 3: copy[key] = odd(chance); return copy;
    default: copy[key] = typeof copy[key] === "string" ? mutateText(copy[key], chance) : mutateJson(copy[key], chance); return copy;
  }
}

/** `__proto__` as a key of its own, as only JSON can bring it. */
const withProto = (copy: object): unknown => Object.defineProperty(copy, "__proto__", { value: { swarm: "x" }, enumerable: true, writable: true, configurable: true });

function mutateList(list: readonly unknown[], chance: Chance): unknown[] {
  const at = chance(list.length + 1);
  switch (chance(4)) {
    case 0: return [...list, ...list];
    case 1: return list.toSpliced(at, 1);
    case 2: return list.toSpliced(at, 0, odd(chance));
    default: return list.toSpliced(at, 1, mutateJson(list[at], chance));
  }
}

function mutateText(text: string, chance: Chance): string {
  const at = chance(text.length + 1);
  return text.slice(0, at) + pick(["", "0", "f", "F", "\u0000", "\n", "\ud800", "é", text], chance) + text.slice(at + chance(2));
}

const odd = (chance: Chance): unknown => pick(ODD, chance)(chance);

const KEYS = ["ticket", "constructor", "toString", "length", "then", "toJSON", "type", ""];

const ODD: readonly ((chance: Chance) => unknown)[] = [
  () => null, () => undefined, () => true, () => -1, () => 0.5, () => 2 ** 53, () => 1e308, () => Number.NaN, () => -0,
  () => "", () => "0", () => "__proto__", () => "\u2028", () => "x".repeat(20_000), () => [], () => ({}), () => new Uint8Array(9), (chance) => chance(2 ** 32),
  () => Array.from({ length: 300 }, () => "0123456789abcdef"), () => deep(2000), () => Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`k${i}`, i])),
];

function deep(levels: number): unknown {
  let value: unknown = [];
  for (let level = 0; level < levels; level++) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}
