/**
 * How long to wait before the next attempt: exponential with full jitter, so that a thousand
 * clients of a restarted server do not come back in step.
 */
import type { Random } from './clock.js';

const FIRST_MS = 500;
const MAX_MS = 20_000;
/** A page that nobody sees tries at most once in this time. */
export const HIDDEN_MS = 60_000;

/** The waits of one row of failures. */
export class Backoff {
  readonly #random: Random;
  #failures = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** The wait in ms after one more failure: from 0.5 s to a ceiling that doubles up to 20 s. */
  next(): number {
    const ceiling = Math.min(MAX_MS, FIRST_MS * 2 ** ++this.#failures);
    return Math.round(FIRST_MS + this.#random() * (ceiling - FIRST_MS));
  }

  /** Starts again: something worked. */
  reset(): void {
    this.#failures = 0;
  }
}
