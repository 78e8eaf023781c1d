/**
 * One link to the server at a time, opened again when it is lost: attempts, `welcome`, silence,
 * back-off, and what each close code says.
 *
 * Owned by a `Client`. It must not look into a room or keep a command.
 */
import { Backoff, HIDDEN_MS } from './backoff.js';
import { Alarm, type Clock, type Random } from './clock.js';
import { closeAction, ERRORS, isRetried } from './code.js';
import { TeahouseError } from './error.js';
import type { Command, ErrorFrame, ServerFrame, Welcome } from './frame.js';
import { given } from './given.js';
import { parseFrame } from './json.js';
import { Liveness } from './liveness.js';
import type { Change, Surroundings } from './surroundings.js';
import type { Link, LinkEnd, Transport } from './transport/transport.js';

/** How long an attempt may take until `welcome`. */
const WELCOME_MS = 10_000;
/** How long the server may take to answer our close. */
const CLOSING_MS = 3_000;
/** A connection that lived this long shows that the way is good: back-off begins anew. */
const PROVEN_MS = 10_000;

/** The code of an end without a close frame (RFC 6455, section 7.4.1). */
const ABNORMAL = 1006;
/** A refusal of `hello` that has no close code of its own. */
const BAD_FRAME = 4400;
const LOST: LinkEnd = { code: ABNORMAL, reason: '', clean: false };

/** What a lifeline needs. */
export interface LifelineOptions {
  url: string;
  protocols: readonly string[];
  transport: Transport;
  clock: Clock;
  random: Random;
  surroundings: Surroundings;
  /** Goes on trying before it was ever welcome. */
  patient: boolean;
  nextRef: () => number;
}

/** What a lifeline tells its owner. */
export interface LifelineOrders {
  /** A link is there: say `hello`. */
  hello(): Command;
  /** The link works. `away_ms` is how long there was none; absent the first time. */
  welcomed(welcome: Welcome, away_ms: number | undefined): void;
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

/** A link that comes back by itself. */
export class Lifeline {
  readonly #options: LifelineOptions;
  readonly #orders: LifelineOrders;
  readonly #backoff: Backoff;
  readonly #liveness: Liveness;
  /** The one timer: the patience of an attempt, the pause before it, or the wait for its end. */
  readonly #alarm: Alarm;
  readonly #stopWatching: () => void;
  #link: Link | undefined;
  /** Counts links: one that was given up is not heard any more. */
  #turn = 0;
  #isUp = false;
  #isDone = false;
  #closing = false;
  /** When `welcome` came last; `undefined` before the first. */
  #up_at: number | undefined;
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
    this.#connect();
    this.#stopWatching = options.surroundings.watch((change) => this.#changed(change));
  }

  get link(): Link | undefined {
    return this.#link;
  }

  /** Whether `welcome` came over the link there is. */
  get isUp(): boolean {
    return this.#isUp;
  }

  get lost_at(): number | undefined {
    return this.#lost_at;
  }

  get retry_at(): number | undefined {
    return this.#retry_at;
  }

  /** Sends if the link is up; says whether it was. */
  send(line: string): boolean {
    if (this.#isUp) this.#link?.send(line);
    return this.#isUp;
  }

  /** Ends the pause before the next attempt, or asks whether the link lives. */
  retryNow(): void {
    if (this.#retry_at !== undefined) this.#connect();
    else if (this.#isUp) this.#liveness.probe();
  }

  /** Closes the link politely, or at once if there is none; `ended` is told later, once. */
  close(code?: number, reason?: string): void {
    const wasUp = this.#isUp;
    this.#closing = true;
    if (wasUp) {
      this.send(JSON.stringify({ type: 'bye' }));
      this.#pause();
      this.#link?.close(code, reason);
    } else {
      this.#unlink();
    }
    this.#alarm.set(wasUp ? CLOSING_MS : 0, () => this.#finish(LOST));
  }

  /** The link is given up; the server may have said how long to stay away. */
  lost(retry_ms?: number): void {
    this.end({ ...LOST, ...given({ retry_ms }) });
  }

  /** The link has ended, or is given up: acts by the close code. */
  end(end: LinkEnd): void {
    if (this.#isDone) return;
    if (this.#isUp && this.#options.clock.now() - (this.#up_at ?? 0) >= PROVEN_MS) {
      this.#backoff.reset();
    }
    this.#unlink();
    if (this.#closing) return this.#finish(end);
    const action = closeAction(end.code);
    const goesOn = action !== 'stop' && action !== 'replaced';
    const firstTime = this.#up_at === undefined && !this.#options.patient;
    if (!goesOn || firstTime) return this.#finish(end);
    if (action === 'drop_cursors') this.#orders.dropCursors();
    if (action === 'renew_token') return this.#renew(end);
    this.#suspend(this.#wait(action === 'resume', end.retry_ms));
  }

  #connect(): void {
    const turn = ++this.#turn;
    const isCurrent = () => turn === this.#turn;
    const { transport, url, protocols } = this.#options;
    this.#retry_at = undefined;
    this.#tried_at = this.#options.clock.now();
    this.#alarm.set(WELCOME_MS, () => this.lost());
    this.#link = transport.open(url, protocols, {
      opened: () => isCurrent() && this.#link?.send(JSON.stringify(this.#orders.hello())),
      received: (text) => isCurrent() && this.#received(text, isCurrent),
      ended: (end) => isCurrent() && this.end(end),
    });
  }

  #received(text: string, isCurrent: () => boolean): void {
    if (this.#isUp) this.#liveness.heard();
    for (const line of text.split('\n')) {
      // A listener may have closed the socket, or a frame ended the link.
      if (!isCurrent() || this.#closing) return;
      if (line === '') continue;
      const frame = parseFrame<ServerFrame>(line);
      if (!frame) return this.lost();
      if (frame.type === 'close') return this.end({ ...frame, clean: true });
      if (this.#isUp) this.#take(frame, line);
      else if (frame.type === 'welcome') this.#welcomed(frame);
      else if (frame.type === 'error') this.#refused(frame);
    }
  }

  #take(frame: ServerFrame, line: string): void {
    if (frame.type === 'pong' && this.#liveness.pong(frame.ref)) return;
    if (frame.type === 'ping') this.#liveness.measure();
    this.#orders.received(frame, line);
  }

  #welcomed(welcome: Welcome): void {
    const now = this.#options.clock.now();
    const isFirst = this.#up_at === undefined;
    const away_ms = now - (this.#lost_at ?? now);
    this.#alarm.clear();
    this.#isUp = true;
    this.#up_at = now;
    this.#lost_at = undefined;
    this.#orders.welcomed(welcome, isFirst ? undefined : away_ms);
    if (this.#isUp) this.#liveness.start(welcome.heartbeat_s);
  }

  /** The server refused our hello. */
  #refused(error: ErrorFrame): void {
    if (isRetried(error)) return this.lost(error.retry_ms);
    const code = ERRORS[error.code]?.[2] ?? BAD_FRAME;
    this.#unlink();
    this.#finish({ code, reason: error.code, clean: true }, new TeahouseError(error));
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
    this.#alarm.set(ms, () => this.#reconnect());
    this.#orders.suspended(this.#lost_at, this.#retry_at);
  }

  /** As `#connect`, but a platform that refuses to try is one more failure. */
  #reconnect(): void {
    try {
      this.#connect();
    } catch {
      this.lost();
    }
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
  }

  #pause(): void {
    this.#isUp = false;
    this.#liveness.stop();
  }

  /** Gives the link up: it is not heard any more. */
  #unlink(): void {
    const link = this.#link;
    this.#turn += 1;
    this.#link = undefined;
    this.#retry_at = undefined;
    this.#pause();
    this.#alarm.clear();
    link?.close();
  }

  #finish(end: LinkEnd, refusal?: TeahouseError): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#unlink();
    this.#stopWatching?.();
    this.#orders.ended(end, refusal);
  }
}
