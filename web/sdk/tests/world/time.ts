/** A clock that stands still until a test moves it, and chance from a seed. */
import type { Clock, Random } from '../../src/clock.js';

interface Timer {
  at: number;
  order: number;
  f: () => void;
}

/** Lets everything run that waits for promises only. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A clock moved by hand. Timers of the same time run in the order in which they were set. */
export class TestClock implements Clock {
  #now = 1_795_353_600_000;
  #order = 0;
  #timers: Timer[] = [];

  now(): number {
    return this.#now;
  }

  after(ms: number, f: () => void): () => void {
    const timer = { at: this.#now + Math.max(0, ms), order: this.#order++, f };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Runs the next timer if it is due until `until`; says whether there was one. */
  step(until: number): boolean {
    const next = this.#timers.reduce<Timer | undefined>(
      (a, b) => (a && isFirst(a, b) ? a : b),
      undefined,
    );
    if (!next || next.at > until) return false;
    this.#timers = this.#timers.filter((timer) => timer !== next);
    this.#now = Math.max(this.#now, next.at);
    next.f();
    return true;
  }

  /** Lets `ms` pass, with everything that happens meanwhile. */
  async pass(ms: number): Promise<void> {
    const until = this.#now + ms;
    await settle();
    while (this.step(until)) await settle();
    this.#now = until;
  }

  /** The clock of the machine is set; timers keep their distance. */
  set(now: number): void {
    const by = now - this.#now;
    this.#now = now;
    for (const timer of this.#timers) timer.at += by;
  }
}

function isFirst(a: Timer, b: Timer): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

/** Chance from a seed (mulberry32). */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
