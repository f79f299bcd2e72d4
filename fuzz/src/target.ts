import type { Chance } from "./chance.js";

/** What became of one input. */
export interface Verdict {
  /** What the input was meant to be, or was taken for. */
  readonly of: string;
  /** Undefined: it was accepted. */
  readonly refusal?: string;
}

/** Inputs that follow from one another, from nothing on. */
export interface Trial {
  /** Tries the next input. Throws when it breaks a promise of what is tried. */
  next(): Verdict | Promise<Verdict>;
  /** After the last input. Throws when something is left behind. */
  end?(): void;
}

/** Something that takes what strangers send. */
export interface Target {
  readonly name: string;
  /** Inputs of a trial; 1 where each stands alone. */
  readonly trialInputs: number;
  /** Its part of all inputs. */
  readonly share: number;
  begin(chance: Chance): Trial;
}

/** A target without state. */
export const stateless = (name: string, share: number, next: (chance: Chance) => Verdict | Promise<Verdict>): Target =>
  ({ name, share, trialInputs: 1, begin: (chance) => ({ next: () => next(chance) }) });
