/**
 * Time and chance, as everything in this package gets them: by parameter, so that tests decide.
 */

/** Stops a timer; harmless afterwards. */
export type Stop = () => void;

/** Where time comes from. */
export interface Clock {
  /** Milliseconds since 1970-01-01 UTC. */
  now(): number;
  /** Calls `f` once, `ms` milliseconds from now. */
  after(ms: number, f: () => void): Stop;
}

/** The clock of the platform. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after: (ms, f) => {
    const timer = setTimeout(f, ms);
    return () => clearTimeout(timer);
  },
};

/** A number from 0 to below 1, as `Math.random`. */
export type Random = () => number;

/** At most one timer: setting it again replaces it. */
export class Alarm {
  readonly #clock: Clock;
  #stop: Stop | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get isSet(): boolean {
    return this.#stop !== undefined;
  }

  set(ms: number, f: () => void): void {
    this.clear();
    this.#stop = this.#clock.after(ms, () => {
      this.#stop = undefined;
      f();
    });
  }

  clear(): void {
    this.#stop?.();
    this.#stop = undefined;
  }
}
