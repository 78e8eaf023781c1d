/**
 * Which transport to try, when the next one begins beside it, and who has won: the rules of
 * docs/protocol.md, *Choosing*.
 *
 * Owned by the `Carrier`, which opens and drops what it is told. No clock, no timer, no socket.
 */
import type { Random } from './clock.js';
import { TRANSPORTS, type TransportName } from './transport/transport.js';

/** How long the others are waited for before this one begins beside them. */
const BESIDE_MS: Record<TransportName, number> = {
  websocket: 2_500,
  stream: 2_500,
  long_poll: 2_500,
  poll: 5_000,
};
/** How long an attempt may take until `welcome`. */
const WELCOME_MS = 10_000;
/** How long a response that has begun may take until `welcome`: longer, and somebody buffers it. */
const BUFFERED_MS = 3_000;
/** A connection that lived this long shows that the way is good. */
export const PROVEN_MS = 10_000;
/** The same for a long poll, whose first answers come at once even where long ones are cut. */
const PROVEN_LONG_MS = 60_000;
/** As many connections in a row that broke sooner show that it is not. */
const SHORT_LIVES = 3;
/** How long the winner is remembered. */
const REMEMBERED_MS = 30 * 60_000;
/** The pause before a better transport is tried; it doubles from try to try. */
const TRY_FIRST_MS = 30_000;
const TRY_MAX_MS = 5 * 60_000;

interface Runner {
  name: TransportName;
  opened_at: number;
  /** Its `hello` is on its way. */
  hasSaid: boolean;
  begun_at?: number;
}

/** What to open and to drop now. */
export interface Step {
  open?: TransportName;
  drop: TransportName[];
}

/** One attempt: transports side by side until the first `welcome`. */
export class Race {
  /** The first one had its chance before the others. */
  readonly order: readonly TransportName[];
  readonly #oneHello: boolean;
  readonly #waiting: TransportName[];
  #running: Runner[] = [];
  #next_at: number;
  #falls: number;

  /**
   * `oneHello`: who has no token yet says `hello` over one transport at a time, or becomes several
   * guests. `falls`: how many failures pull the next one forward.
   */
  constructor(order: readonly TransportName[], oneHello: boolean, falls: number, now: number) {
    this.order = order;
    this.#oneHello = oneHello;
    this.#waiting = [...order];
    this.#falls = falls;
    this.#next_at = now;
  }

  /** Nothing is under way, and nothing is left to try. */
  get isOver(): boolean {
    return this.#running.length + this.#waiting.length === 0;
  }

  /** When to `step` next. */
  get step_at(): number {
    const ends = this.#running.map((runner) => this.#end_at(runner));
    return Math.min(...ends, this.#mayOpen ? this.#next_at : Number.POSITIVE_INFINITY);
  }

  /** What time has brought. At most one is opened; call it again until none is. */
  step(now: number): Step {
    const late = this.#running.filter((runner) => this.#end_at(runner) <= now);
    this.#running = this.#running.filter((runner) => !late.includes(runner));
    if (late.length > 0) this.#next_at = now;
    const drop = late.map(({ name }) => name);
    const open = this.#mayOpen && this.#next_at <= now ? this.#waiting.shift() : undefined;
    if (open === undefined) return { drop };
    this.#running.push({ name: open, opened_at: now, hasSaid: false });
    this.#next_at = now + BESIDE_MS[this.#waiting[0] ?? open];
    return { drop, open };
  }

  /** The `hello` of this one is on its way. */
  said(name: TransportName): void {
    for (const runner of this.#running) if (runner.name === name) runner.hasSaid = true;
  }

  /** The head of its answer is here. */
  begun(name: TransportName, now: number): void {
    for (const runner of this.#running) if (runner.name === name) runner.begun_at = now;
  }

  /** It ended. `isMute`: nobody answers, so that the others over HTTP need not be tried. */
  failed(name: TransportName, isMute: boolean, now: number): void {
    this.#running = this.#running.filter((runner) => runner.name !== name);
    if (isMute && name !== 'websocket') {
      this.#keepWaiting((other) => other === 'websocket');
    }
    if (this.#falls > 0) this.#next_at = now;
    else if (this.#running.length === 0) this.#keepWaiting(() => false);
    this.#falls -= 1;
  }

  get #mayOpen(): boolean {
    return this.#waiting.length > 0 && !(this.#oneHello && this.#running.length > 0);
  }

  #end_at({ opened_at, hasSaid, begun_at }: Runner): number {
    const welcome_at = opened_at + WELCOME_MS;
    if (begun_at !== undefined) return Math.min(welcome_at, begun_at + BUFFERED_MS);
    const isUnheard = this.#oneHello && !hasSaid && this.#waiting.length > 0;
    return isUnheard ? opened_at + BESIDE_MS.websocket : welcome_at;
  }

  #keepWaiting(isKept: (name: TransportName) => boolean): void {
    this.#waiting.splice(0, Infinity, ...this.#waiting.filter(isKept));
  }
}

/** Where the winner is remembered. */
export interface Memory {
  recall(): string | null;
  keep(value: string): void;
}

/** What is known of the transports there are. */
export class Chooser {
  readonly #names: readonly TransportName[];
  readonly #memory: Memory;
  readonly #random: Random;
  /** The first to try, and since when that is known. */
  #best: TransportName;
  #best_at = 0;
  /** Connections in a row that broke soon. */
  #shorts = 0;
  /** Attempts in a row that failed; the first one may try everything. */
  #failures = Number.POSITIVE_INFINITY;
  #tries = 0;
  #tried_at = 0;
  /** When a better transport is to be tried. */
  try_at = Number.POSITIVE_INFINITY;

  constructor(names: readonly TransportName[], memory: Memory, random: Random) {
    this.#names = TRANSPORTS.filter((name) => names.includes(name));
    this.#memory = memory;
    this.#random = random;
    const [best = '', at = ''] = memory.recall()?.split(' ') ?? [];
    const known = this.#names.find((name) => name === best);
    this.#best = known ?? (this.#names[0] as TransportName);
    if (known) this.#best_at = Number(at);
  }

  /** An attempt to connect. */
  attempt(hasToken: boolean, now: number): Race {
    if (now - this.#best_at > REMEMBERED_MS) this.#best = this.#names[0] as TransportName;
    const at = this.#names.indexOf(this.#best);
    const order = [...this.#names.slice(at), ...this.#names.slice(0, at)];
    // A poll is answered whole and at once, even where somebody buffers: it gets a guest its token.
    const whole = order.filter((name) => name === 'poll' || (at === 0 && name === 'websocket'));
    const isAlone = !hasToken && whole.length > 0;
    return new Race(isAlone ? whole : order, !hasToken, this.#failures, now);
  }

  /** An attempt to get away from a transport that works to a better one. */
  better(than: TransportName, now: number): Race {
    this.#retryLater(now);
    this.#tried_at = now;
    const order = this.#names.slice(0, this.#names.indexOf(than));
    return new Race(order, false, order.length, now);
  }

  /** This one carries the frames now. */
  won(name: TransportName, race: Race, now: number): void {
    this.#failures = 0;
    if (this.#best !== name) this.#shorts = 0;
    this.#best = name;
    this.#best_at = now;
    this.#memory.keep(`${name} ${now}`);
    if (name === this.#names[0]) this.try_at = Number.POSITIVE_INFINITY;
    else if (name === race.order[0] && race.order[1] !== undefined) this.#retryLater(now);
    else {
      // Whoever won by the failure of a better one may owe it to a server that was just starting.
      this.try_at = now;
      this.#tries = Math.max(0, this.#tries - 1);
    }
  }

  /** An attempt came to nothing. */
  failed(): void {
    this.#failures = Number.isFinite(this.#failures) ? this.#failures + 1 : this.#failures;
  }

  /** A connection ended; `isBroken`: without a word of the server. */
  lost(name: TransportName, lived_ms: number, isBroken: boolean, now: number): void {
    this.try_at = Number.POSITIVE_INFINITY;
    if (lived_ms >= PROVEN_MS) this.#tries = 0;
    const proven_ms = name === 'long_poll' ? PROVEN_LONG_MS : PROVEN_MS;
    this.#shorts = isBroken && lived_ms < proven_ms ? this.#shorts + 1 : 0;
    const worse = this.#names[this.#names.indexOf(name) + 1];
    if (this.#shorts < SHORT_LIVES || !worse) return;
    this.#shorts = 0;
    this.#best = worse;
    this.#best_at = now;
  }

  /** The network has changed, or somebody looks at the page again: the better one may work now. */
  changed(now: number): void {
    const isSoon = now - this.#tried_at < TRY_FIRST_MS;
    if (Number.isFinite(this.try_at) && !isSoon) this.try_at = now;
  }

  #retryLater(now: number): void {
    const pause_ms = Math.min(TRY_MAX_MS, TRY_FIRST_MS * 2 ** this.#tries++);
    this.try_at = now + pause_ms * (1 + this.#random() / 2);
  }
}
