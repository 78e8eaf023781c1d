/**
 * Frames are carried, or will be again: silence, back-off, and what each close code says.
 *
 * Owned by a `Client`. It must not look into a room or keep a command; what carries the frames is
 * the `Carrier`'s.
 */
import { Backoff, HIDDEN_MS } from './backoff.js';
import { Carrier, type CarrierOptions, LOST, type Speaker } from './carrier.js';
import { PROVEN_MS } from './chooser.js';
import { Alarm } from './clock.js';
import { closeAction } from './code.js';
import type { TeahouseError } from './error.js';
import type { ServerFrame, Welcome } from './frame.js';
import { given } from './given.js';
import { Liveness } from './liveness.js';
import type { Change } from './surroundings.js';
import type { Link, LinkEnd, TransportName } from './transport/transport.js';

/** How long the server may take to answer our close. */
const CLOSING_MS = 3_000;
const BYE = '{"type":"bye"}';

/** What a lifeline needs. */
export interface LifelineOptions extends CarrierOptions {
  /** Goes on trying before it was ever welcome. */
  patient: boolean;
  nextRef: () => number;
}

/** What a lifeline asks and tells its owner. */
export interface LifelineOrders extends Speaker {
  /** The link works. `away_ms` is how long there was none; absent the first time. */
  welcomed(welcome: Welcome, away_ms: number | undefined): void;
  /** Another link carries the frames, without a gap: what is unanswered goes over it. */
  switched(welcome: Welcome): void;
  received(frame: ServerFrame, line: string): void;
  /** There is no link; the next attempt is at `retry_at`. */
  suspended(lost_at: number, retry_at: number): void;
  delay(ms: number): void;
  /** The cursors cannot be read. */
  dropCursors(): void;
  /** The token has expired; `undefined` if there is no way to get another. */
  renewToken(): Promise<void> | undefined;
  /** The end, for good. */
  ended(end: LinkEnd, refusal?: TeahouseError): void;
}

/** A connection that comes back by itself. */
export class Lifeline {
  readonly #options: LifelineOptions;
  readonly #orders: LifelineOrders;
  readonly #carrier: Carrier;
  readonly #backoff: Backoff;
  readonly #liveness: Liveness;
  /** The one timer: the pause before an attempt, or the wait for an end. */
  readonly #alarm: Alarm;
  readonly #stopWatching: () => void;
  #isUp = false;
  #isDone = false;
  #closing = false;
  #wasUp = false;
  #lost_at: number | undefined;
  #retry_at: number | undefined;
  /** When the last attempt began. */
  #tried_at = 0;

  constructor(options: LifelineOptions, orders: LifelineOrders) {
    this.#options = options;
    this.#orders = orders;
    this.#backoff = new Backoff(options.random);
    this.#alarm = new Alarm(options.clock);
    this.#liveness = new Liveness(options.clock, options.nextRef, {
      ping: (ref) => this.send(JSON.stringify({ type: 'ping', ref })),
      delay: (ms) => orders.delay(ms),
      lost: () => this.lost(),
    });
    this.#carrier = new Carrier(options, orders, {
      won: (welcome, welcome_ms) => this.#welcomed(welcome, welcome_ms),
      switched: (welcome) => {
        this.#liveness.stop();
        orders.switched(welcome);
        this.#live(welcome);
      },
      heard: () => this.#isUp && this.#liveness.heard(),
      received: (frame, line) => this.#received(frame, line),
      ended: (end, lived_ms) => this.#ended(end, lived_ms),
      refused: (end, refusal) => this.#finish(end, refusal),
    });
    this.#connect();
    this.#stopWatching = options.surroundings.watch((change) => this.#changed(change));
  }

  get link(): Link | undefined {
    return this.#carrier.link;
  }

  /** The name of what carries the frames; `undefined` while nothing does. */
  get transport(): TransportName | undefined {
    return this.#isUp ? this.#carrier.name : undefined;
  }

  get lost_at(): number | undefined {
    return this.#lost_at;
  }

  get retry_at(): number | undefined {
    return this.#retry_at;
  }

  /** Whether something carries frames. */
  get isUp(): boolean {
    return this.#isUp;
  }

  /** Sends if something carries frames; says whether it did. */
  send(line: string): boolean {
    return this.#isUp && this.#carrier.send(line);
  }

  /** HTTP: has the link `pull` what there is to send. */
  flush(): void {
    if (this.#isUp) this.link?.flush?.();
  }

  /** The rooms are others now: over HTTP that is another request. */
  again(): void {
    this.#carrier.abandon(true);
    if (this.#isUp) this.#carrier.again();
  }

  /** Ends the pause before the next attempt, or asks whether the link lives. */
  retryNow(): void {
    if (this.#retry_at !== undefined) this.#connect();
    else if (this.transport === 'poll') this.#carrier.again();
    else if (this.#isUp) this.#liveness.probe();
  }

  /** Closes politely, or at once if there is no link; `ended` is told later, once. */
  close(code?: number, reason?: string): void {
    const wasUp = this.#isUp;
    this.#closing = true;
    this.#pause();
    if (wasUp) this.#carrier.leave(code, reason, BYE);
    else this.#carrier.drop();
    this.#alarm.set(wasUp ? CLOSING_MS : 0, () => this.#finish(LOST));
  }

  /** The link is given up; the server may have said how long to stay away. */
  lost(retry_ms?: number): void {
    this.#carrier.lose({ ...LOST, ...given({ retry_ms }) });
  }

  #connect(): void {
    this.#retry_at = undefined;
    this.#alarm.clear();
    this.#tried_at = this.#options.clock.now();
    this.#carrier.connect();
  }

  #welcomed(welcome: Welcome, welcome_ms: number): void {
    const now = this.#options.clock.now();
    const away_ms = this.#wasUp ? now - (this.#lost_at ?? now) : undefined;
    this.#isUp = true;
    this.#wasUp = true;
    this.#lost_at = undefined;
    this.#orders.welcomed(welcome, away_ms);
    this.#live(welcome);
    if (this.transport?.endsWith('poll')) this.#orders.delay(welcome_ms);
  }

  /** Watches over a new link; whoever polls sees with each answer whether it lives. */
  #live({ heartbeat_s }: Welcome): void {
    if (this.#isUp && !this.transport?.endsWith('poll')) this.#liveness.start(heartbeat_s);
  }

  #received(frame: ServerFrame, line: string): void {
    if (frame.type === 'pong' && this.#liveness.pong(frame.ref)) return;
    if (frame.type === 'ping' && this.transport === 'websocket') this.#liveness.measure();
    this.#orders.received(frame, line);
  }

  /** Nothing carries any more, or an attempt came to nothing: acts by the close code. */
  #ended(end: LinkEnd, lived_ms = 0): void {
    if (this.#isDone) return;
    if (lived_ms >= PROVEN_MS) this.#backoff.reset();
    this.#pause();
    if (this.#closing) return this.#finish(end);
    const action = closeAction(end.code);
    const firstTime = !this.#wasUp && !this.#options.patient;
    if (action === 'stop' || action === 'replaced' || firstTime) return this.#finish(end);
    if (action === 'drop_cursors') this.#orders.dropCursors();
    if (action === 'renew_token') return this.#renew(end);
    this.#suspend(this.#wait(action === 'resume', end.retry_ms));
  }

  /** How long to wait before the next attempt. */
  #wait(isCalm: boolean, retry_ms: number | undefined): number {
    if (isCalm && retry_ms !== undefined) return retry_ms;
    return Math.max(this.#backoff.next(), retry_ms ?? 0);
  }

  #suspend(wait_ms: number): void {
    const { clock, surroundings } = this.#options;
    const now = clock.now();
    const since_try_ms = now - this.#tried_at;
    const ms = surroundings.hidden() ? Math.max(wait_ms, HIDDEN_MS - since_try_ms) : wait_ms;
    this.#lost_at ??= now;
    this.#retry_at = now + ms;
    this.#alarm.set(ms, () => this.#connect());
    this.#orders.suspended(this.#lost_at, this.#retry_at);
  }

  #renew(end: LinkEnd): void {
    const renewal = this.#orders.renewToken();
    if (!renewal) return this.#finish(end);
    const resume = () => this.#isDone || this.#suspend(this.#wait(false, end.retry_ms));
    this.#lost_at ??= this.#options.clock.now();
    renewal.then(resume, resume);
  }

  #changed(change: Change): void {
    if (change === 'seen' && this.#options.surroundings.hidden()) return;
    if (change === 'offline' && !this.#isUp) return;
    if (change !== 'offline') this.#backoff.reset();
    this.retryNow();
    if (change !== 'offline') this.#carrier.changed();
  }

  #pause(): void {
    this.#isUp = false;
    this.#retry_at = undefined;
    this.#liveness.stop();
  }

  #finish(end: LinkEnd, refusal?: TeahouseError): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#pause();
    this.#alarm.clear();
    this.#carrier.drop();
    this.#stopWatching?.();
    this.#orders.ended(end, refusal);
  }
}
