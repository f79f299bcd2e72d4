/** What is left out of one file of a dependency. */
export interface Cut {
  readonly file: RegExp;
  /** Methods to leave out. */
  readonly methods?: readonly string[];
  /** Expressions whose value is always the same here, and that value; the minifier drops what hangs on them. */
  readonly known?: Readonly<Record<string, string>>;
  /** Text to replace: what calls those methods, and whatever else. */
  readonly replace?: readonly (readonly [string | RegExp, string])[];
}

/** The file without it. Versions are pinned exactly: throws when there is nothing to cut, or when what was cut is still called. */
export function applyCut(code: string, { methods = [], known = {}, replace = [] }: Cut): string {
  const edits: (readonly [string | RegExp, string])[] = [...methods.map((name) => [method(name), ""] as const), ...replace];
  let lean = code;
  for (const [search, replacement] of edits) lean = changed(search, lean, lean.replace(search, replacement));
  for (const [expression, value] of Object.entries(known)) lean = changed(expression, lean, lean.replaceAll(expression, value));
  const left = methods.find((name) => lean.includes(`this.${name}(`));
  if (left !== undefined) throw new Error(`${left}() was cut but is still called`);
  return lean;
}

function changed(search: string | RegExp, before: string, after: string): string {
  if (after === before) throw new Error(`this version has nothing like ${String(search)} to cut`);
  return after;
}

/** A method of a class, by the indentation of its last brace. */
const method = (name: string): RegExp => new RegExp(`^( +)(?:/\\* private \\*/ )?${name} ?\\([^\\n]*\\) \\{(?:[^\\n]*\\}|\\n[\\s\\S]*?^\\1\\})\\n`, "m");
