/**
 * Whether the other side still lives: silence, own pings, and the round trip they measure.
 *
 * Owned by the `Lifeline`, told of everything that is heard. It must not reconnect.
 */
import { Alarm, type Clock } from './clock.js';

/** How long the server may be silent after its heartbeat was due. */
const GRACE_MS = 10_000;
/** How long a probe may take: the page has just come back and somebody is looking at it. */
const PROBE_MS = 4_000;

/** What liveness orders. */
export interface LivenessOrders {
  /** Sends a ping with that ref. */
  ping(ref: number): void;
  /** A round trip was measured. */
  delay(ms: number): void;
  /** Nobody answers. */
  lost(): void;
}

/** The pulse of one connection. */
export class Liveness {
  readonly #clock: Clock;
  readonly #orders: LivenessOrders;
  readonly #nextRef: () => number;
  readonly #silence: Alarm;
  readonly #probe: Alarm;
  #silence_ms = 0;
  #heard_at = 0;
  #ping: { ref: number; at: number } | undefined;

  constructor(clock: Clock, nextRef: () => number, orders: LivenessOrders) {
    this.#clock = clock;
    this.#nextRef = nextRef;
    this.#orders = orders;
    this.#silence = new Alarm(clock);
    this.#probe = new Alarm(clock);
  }

  /** A connection works. */
  start(heartbeat_s: number): void {
    this.#silence_ms = heartbeat_s * 1000 + GRACE_MS;
    this.heard();
    this.#watch(this.#silence_ms);
    this.measure();
  }

  /** Anything came in. */
  heard(): void {
    this.#heard_at = this.#clock.now();
    this.#probe.clear();
  }

  /** Measures the round trip, unless a measurement is under way. */
  measure(): void {
    if (this.#ping) return;
    this.#ping = { ref: this.#nextRef(), at: this.#clock.now() };
    this.#orders.ping(this.#ping.ref);
  }

  /** Answers whether a pong is one of ours. */
  pong(ref: number): boolean {
    if (this.#ping?.ref !== ref) return false;
    const ms = Math.max(0, this.#clock.now() - this.#ping.at);
    this.#probe.clear();
    this.#ping = undefined;
    this.#orders.delay(ms);
    return true;
  }

  /** Asks now; without any sign of life the connection is lost. */
  probe(): void {
    if (this.#probe.isSet) return;
    this.#ping = undefined;
    this.#probe.set(PROBE_MS, () => this.#orders.lost());
    this.measure();
  }

  /** The connection is gone. */
  stop(): void {
    this.#silence.clear();
    this.#probe.clear();
    this.#ping = undefined;
  }

  /** One timer that looks back, instead of one that is moved at each frame. */
  #watch(ms: number): void {
    this.#silence.set(ms, () => {
      const silent_ms = this.#clock.now() - this.#heard_at;
      if (silent_ms >= this.#silence_ms) return this.#orders.lost();
      // A clock that was set back must not make us wait longer than once.
      this.#watch(Math.min(this.#silence_ms, this.#silence_ms - silent_ms));
    });
  }
}
