/**
 * One link that carries frames, opened again when it is lost: attempts, `welcome`, silence,
 * back-off, what each close code says, and the change to a better transport.
 *
 * Owned by a `Client`. It must not look into a room or keep a command; which transport is tried
 * when is the `Chooser`'s.
 */
import { Backoff, HIDDEN_MS } from './backoff.js';
import { Chooser, type Memory, PROVEN_MS, type Race } from './chooser.js';
import { Alarm, type Clock, type Random } from './clock.js';
import { closeAction, ERRORS, isRetried } from './code.js';
import { TeahouseError } from './error.js';
import type { ErrorFrame, Hello, ServerFrame, Welcome } from './frame.js';
import { given } from './given.js';
import { parseFrame } from './json.js';
import { Liveness } from './liveness.js';
import type { Change, Surroundings } from './surroundings.js';
import type { Link, LinkEnd, LinkEvents, Transport, TransportName } from './transport/transport.js';

/** How long the server may take to answer our close. */
const CLOSING_MS = 3_000;
/** How long the answers of the old link are waited for before its heir takes over. */
const DRAIN_MS = 5_000;
/** What an attempt may say before it carries: more, and it is given up. */
const HELD_MAX = 2_000;
/** How long a connection that was given up may still come to the server and replace a newer one. */
const STRAY_MS = 60_000;

/** The code of an end without a close frame (RFC 6455, section 7.4.1). */
const ABNORMAL = 1006;
/** What we have received is not of this protocol. */
const STRANGE = 1002;
/** A refusal of `hello` that has no close code of its own. */
const BAD_FRAME = 4400;
const ROTATE = 4002;
const LOST: LinkEnd = { code: ABNORMAL, reason: '', clean: false };
const BYE = '{"type":"bye"}';

/** What a lifeline needs. */
export interface LifelineOptions {
  url: string;
  protocols: readonly string[];
  transports: readonly Transport[];
  clock: Clock;
  random: Random;
  surroundings: Surroundings;
  /** Goes on trying before it was ever welcome. */
  patient: boolean;
  nextRef: () => number;
}

/** For what a `hello` is. */
export interface HelloWish {
  /** The session of that link, once it has one. */
  session?: string;
  /** It is opened beside another one, whose session it must not take. */
  isBeside: boolean;
  /** Over HTTP: to receive unless it says otherwise. */
  to?: 'send' | 'leave';
  /** The rooms were told already. */
  isBrief: boolean;
}

/** What a lifeline asks and tells its owner. */
export interface LifelineOrders {
  /** A link is there: say `hello`. */
  hello(wish: HelloWish): Hello;
  hasToken(): boolean;
  /** The link works. `away_ms` is how long there was none; absent the first time. */
  welcomed(welcome: Welcome, away_ms: number | undefined): void;
  /** Another link carries the frames, without a gap: what is unanswered goes over it. */
  switched(welcome: Welcome): void;
  /** Sending goes on over the link there is. */
  released(): void;
  received(frame: ServerFrame, line: string): void;
  /** Whether no subscription is under way, so that a link may take over. */
  isSettled(): boolean;
  /** Whether everything that was sent over this link is answered. */
  isQuiet(): boolean;
  /** HTTP: what there is to send. */
  pull(bytes_max: number): string[];
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

/** A link on its way to carry the frames, or the one that does. */
interface Attempt {
  readonly transport: Transport;
  readonly race: Race;
  readonly isBeside: boolean;
  readonly opened_at: number;
  link?: Link;
  welcome?: Welcome;
  /** The rooms of its last full `hello` that are not live yet. */
  rooms?: Set<string>;
  /** What it said while another one carries. */
  readonly held: [ServerFrame, string][];
}

/** A link that comes back by itself. */
export class Lifeline {
  readonly #options: LifelineOptions;
  readonly #orders: LifelineOrders;
  readonly #chooser: Chooser;
  readonly #backoff: Backoff;
  readonly #liveness: Liveness;
  /** The one timer: the race, the pause before it, the next try, or the wait for an end. */
  readonly #alarm: Alarm;
  readonly #stopWatching: () => void;
  #carrier: Attempt | undefined;
  #race: Race | undefined;
  #attempts = new Map<TransportName, Attempt>();
  /** Is live, and waits until the answers of the carrier are here. */
  #heir: Attempt | undefined;
  #isUp = false;
  #isDone = false;
  #closing = false;
  /** When `welcome` came last; `undefined` before the first. */
  #up_at: number | undefined;
  #lost_at: number | undefined;
  #retry_at: number | undefined;
  /** When the last attempt began. */
  #tried_at = 0;
  /** When we last gave up a connection of our session whose end the server may not know. */
  #strayed_at = Number.NEGATIVE_INFINITY;
  /** How the last attempt ended. */
  #end = LOST;

  constructor(options: LifelineOptions, orders: LifelineOrders) {
    this.#options = options;
    this.#orders = orders;
    const { clock, random, surroundings, transports, url } = options;
    const names = transports.map(({ name }) => name);
    const store = names.length > 1 ? surroundings.memory : undefined;
    this.#chooser = new Chooser(names, memoryIn(store, `teahouse:${url}`), random);
    this.#backoff = new Backoff(random);
    this.#alarm = new Alarm(clock);
    this.#liveness = new Liveness(clock, options.nextRef, {
      ping: (ref) => this.send(JSON.stringify({ type: 'ping', ref })),
      delay: (ms) => orders.delay(ms),
      lost: () => this.lost(),
    });
    this.#connect();
    this.#stopWatching = surroundings.watch((change) => this.#changed(change));
  }

  get link(): Link | undefined {
    return this.#carrier?.link;
  }

  /** The name of what carries the frames; `undefined` while nothing does. */
  get transport(): TransportName | undefined {
    return this.#isUp ? this.#carrier?.transport.name : undefined;
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

  /** Sends if the link is up and no other one is about to take over; says whether it was. */
  send(line: string): boolean {
    if (!this.#isUp || this.#heir) return false;
    this.#carrier?.link?.send(line);
    return true;
  }

  /** HTTP: has the link `pull` what there is to send. */
  flush(): void {
    if (this.#isUp) this.#carrier?.link?.flush?.();
  }

  /** The rooms are others now: over HTTP that is another request. */
  again(): void {
    this.#abandon();
    if (!this.#isUp || !this.#carrier?.link?.again) return;
    this.#strayed_at = this.#now();
    this.#carrier.link.again();
  }

  /** Ends the pause before the next attempt, or asks whether the link lives. */
  retryNow(): void {
    if (this.#retry_at !== undefined) this.#connect();
    else if (this.transport === 'poll') this.#carrier?.link?.again?.();
    else if (this.#isUp) this.#liveness.probe();
  }

  /** Closes the link politely, or at once if there is none; `ended` is told later, once. */
  close(code?: number, reason?: string): void {
    const wasUp = this.#isUp;
    this.#closing = true;
    this.#dropAll();
    if (wasUp) {
      this.#pause();
      this.#carrier?.link?.close(code, reason, BYE);
    } else {
      this.#unlink();
    }
    this.#alarm.set(wasUp ? CLOSING_MS : 0, () => this.#finish(LOST));
  }

  /** The link is given up; the server may have said how long to stay away. */
  lost(retry_ms?: number): void {
    this.#lose({ ...LOST, ...given({ retry_ms }) });
  }

  #now(): number {
    return this.#options.clock.now();
  }

  #connect(): void {
    this.#retry_at = undefined;
    this.#tried_at = this.#now();
    this.#end = LOST;
    this.#race = this.#chooser.attempt(this.#orders.hasToken(), this.#tried_at);
    this.#run();
  }

  /** Opens and drops what the race says, until time or an answer brings something new. */
  #run(): void {
    const race = this.#race;
    if (!race) return;
    for (;;) {
      const { drop, open } = race.step(this.#now());
      for (const name of drop) this.#drop(name);
      if (!open) break;
      this.#open(open, race);
      if (this.#race !== race) return;
    }
    if (!race.isOver) return this.#alarm.set(race.step_at - this.#now(), () => this.#run());
    this.#race = undefined;
    if (this.#carrier) this.#waitForBetter();
    else this.#lose(this.#end);
  }

  #open(name: TransportName, race: Race): void {
    const { transports, url, protocols } = this.#options;
    const transport = transports.find((other) => other.name === name) as Transport;
    const isBeside = this.#carrier !== undefined || name !== race.order[0];
    const attempt: Attempt = { transport, race, isBeside, opened_at: this.#now(), held: [] };
    this.#attempts.set(name, attempt);
    const ifHeard =
      <A extends unknown[]>(f: (...args: A) => void) =>
      (...args: A) =>
        this.#isHeard(attempt) && f(...args);
    const events: LinkEvents = {
      hello: (to) => this.#hello(attempt, to),
      begun: ifHeard(() => {
        race.begun(name, this.#now());
        if (this.#race === race) this.#run();
      }),
      received: ifHeard((text: string, isReply: boolean) => this.#received(attempt, text, isReply)),
      refused: ifHeard((status: number, text: string) => this.#answered(attempt, status, text)),
      pull: (bytes_max) => this.#pull(attempt, bytes_max),
      ended: ifHeard((end: LinkEnd) => this.#ended(attempt, end)),
    };
    try {
      attempt.link = transport.open(url, protocols, events);
    } catch {
      // A platform that refuses to try is one more failure, told later as all of them are.
      this.#options.clock.after(0, () => events.ended(LOST));
    }
  }

  /** Whoever pulls has no request under way: there is no answer to wait for any more. */
  #pull(attempt: Attempt, bytes_max: number): string[] {
    const heir = this.#heir;
    if (this.#carrier !== attempt) return [];
    if (!heir) return this.#orders.pull(bytes_max);
    queueMicrotask(() => this.#heir === heir && this.#takeOver(heir));
    return [];
  }

  #isHeard(attempt: Attempt): boolean {
    return this.#carrier === attempt || this.#attempts.get(attempt.transport.name) === attempt;
  }

  #hello(attempt: Attempt, to?: 'send' | 'leave'): string {
    const { race, transport, welcome, isBeside } = attempt;
    // An answer may have been cut before it told of every room.
    const isBrief = attempt.rooms?.size === 0 && transport.name !== 'stream';
    const session = welcome?.session;
    const hello = this.#orders.hello({ ...given({ session, to }), isBeside, isBrief });
    if (!hello.brief) attempt.rooms = new Set(Object.keys(hello.cursors));
    race.said(transport.name);
    return JSON.stringify(hello);
  }

  #received(attempt: Attempt, text: string, isReply: boolean): void {
    if (attempt === this.#carrier && !isReply && this.#isUp) this.#liveness.heard();
    for (const line of text.split('\n')) {
      // A listener may have closed the socket, or a frame ended the link.
      if (!this.#isHeard(attempt) || this.#closing) return;
      if (line === '') continue;
      const frame = parseFrame<ServerFrame>(line);
      if (!frame) return this.#ended(attempt, LOST);
      if (frame.type === 'close') {
        const { link, welcome } = attempt;
        const isRotated = frame.code === ROTATE && welcome && !isReply && link?.again;
        if (!isRotated) return this.#ended(attempt, { ...frame, clean: true });
        link.again?.(frame.retry_ms ?? 0);
        continue;
      }
      if (frame.type === 'live') attempt.rooms?.delete(frame.room);
      if (frame.type === 'error')
        attempt.rooms?.delete(frame.field?.slice('cursors.'.length) ?? '');
      if (attempt === this.#carrier) this.#take(frame, line);
      else this.#prepare(attempt, frame, line);
    }
  }

  #take(frame: ServerFrame, line: string): void {
    // A stream begins anew from time to time.
    if (frame.type === 'welcome') return;
    if (frame.type === 'pong' && this.#liveness.pong(frame.ref)) return;
    if (frame.type === 'ping' && this.transport === 'websocket') this.#liveness.measure();
    this.#orders.received(frame, line);
    if (this.#heir && this.#orders.isQuiet()) this.#takeOver(this.#heir);
  }

  /** What comes over a link that does not carry yet. */
  #prepare(attempt: Attempt, frame: ServerFrame, line: string): void {
    const { rooms, held } = attempt;
    if (frame.type === 'welcome') {
      attempt.welcome = frame;
      if (!this.#carrier) return this.#win(attempt);
    } else if (!attempt.welcome) {
      if (frame.type === 'error') this.#refused(attempt, frame);
      return;
    } else {
      held.push([frame, line]);
    }
    // The link that carries will say so as well.
    const isOdd = frame.type === 'behind' || frame.type === 'reset' || frame.type === 'error';
    if (isOdd || held.length > HELD_MAX) return this.#ended(attempt, LOST);
    if (rooms?.size === 0 && !this.#heir) this.#succeed(attempt);
  }

  /** The first `welcome` of a race wins it. */
  #win(attempt: Attempt): void {
    const { transport, welcome, opened_at, race } = attempt;
    const now = this.#now();
    const away_ms = this.#up_at === undefined ? undefined : now - (this.#lost_at ?? now);
    this.#attempts.delete(transport.name);
    this.#dropAll();
    this.#carrier = attempt;
    this.#alarm.clear();
    this.#isUp = true;
    this.#up_at = now;
    this.#lost_at = undefined;
    this.#chooser.won(transport.name, race, now);
    this.#orders.welcomed(welcome as Welcome, away_ms);
    this.#begin(attempt, now - opened_at);
  }

  /** A better link is live: it takes over as soon as the answers of the old one are here. */
  #succeed(attempt: Attempt): void {
    this.#attempts.delete(attempt.transport.name);
    this.#dropAll();
    this.#attempts.set(attempt.transport.name, attempt);
    this.#heir = attempt;
    if (this.#orders.isQuiet()) this.#takeOver(attempt);
    else this.#alarm.set(DRAIN_MS, () => this.#takeOver(attempt));
  }

  #takeOver(attempt: Attempt): void {
    const { transport, race, welcome, held } = attempt;
    const old = this.#carrier;
    const now = this.#now();
    this.#attempts.delete(transport.name);
    this.#dropAll();
    this.#carrier = attempt;
    this.#up_at = now;
    this.#liveness.stop();
    old?.link?.close();
    this.#chooser.won(transport.name, race, now);
    this.#orders.switched(welcome as Welcome);
    for (const [frame, line] of held.splice(0)) {
      if (this.#carrier === attempt && !this.#closing) this.#take(frame, line);
    }
    this.#begin(attempt);
  }

  /** A link has begun to carry. */
  #begin(attempt: Attempt, welcome_ms?: number): void {
    if (this.#carrier !== attempt || !this.#isUp) return;
    const isPolled = attempt.transport.name.endsWith('poll');
    if (!isPolled) this.#liveness.start((attempt.welcome as Welcome).heartbeat_s);
    else if (welcome_ms !== undefined) this.#orders.delay(welcome_ms);
    this.#waitForBetter();
  }

  #waitForBetter(): void {
    const { try_at } = this.#chooser;
    this.#alarm.clear();
    if (Number.isFinite(try_at)) this.#alarm.set(try_at - this.#now(), () => this.#tryBetter());
  }

  #tryBetter(): void {
    const { surroundings } = this.#options;
    if (!this.#carrier || surroundings.hidden()) return;
    if (!this.#orders.isSettled()) return this.#alarm.set(1_000, () => this.#tryBetter());
    this.#race = this.#chooser.better(this.#carrier.transport.name, this.#now());
    this.#run();
  }

  /** An HTTP request was refused as a whole. */
  #answered(attempt: Attempt, status: number, text: string): void {
    const frame = parseFrame<ServerFrame>(text.split('\n')[0] ?? '');
    if (frame?.type === 'error') this.#refused(attempt, frame);
    else if (frame?.type === 'close') this.#ended(attempt, { ...frame, clean: true });
    else this.#ended(attempt, { ...LOST, code: status >= 500 ? ABNORMAL : STRANGE });
  }

  /** The server refused our hello. */
  #refused(attempt: Attempt, error: ErrorFrame): void {
    if (this.#carrier && this.#carrier !== attempt) return this.#ended(attempt, LOST);
    if (isRetried(error)) return this.lost(error.retry_ms);
    const code = ERRORS[error.code]?.[2] ?? BAD_FRAME;
    this.#finish({ code, reason: error.code, clean: true }, new TeahouseError(error));
  }

  #ended(attempt: Attempt, end: LinkEnd): void {
    const { name } = attempt.transport;
    // What the server itself says of an attempt, it says of all of them.
    const isSaid = Math.floor(end.code / 1000) === 4;
    if (attempt === this.#carrier || (!this.#carrier && isSaid)) return this.#lose(end);
    this.#end = end;
    this.#drop(name);
    if (this.#heir === attempt) return this.#abandon();
    attempt.race.failed(name, end.code === ABNORMAL, this.#now());
    this.#run();
  }

  /** Nothing carries any more, or an attempt came to nothing: acts by the close code. */
  #lose(end: LinkEnd): void {
    if (this.#isDone) return;
    const action = closeAction(end.code);
    const isReplaced = action === 'replaced' && this.#now() - this.#strayed_at > STRAY_MS;
    const goesOn = action !== 'stop' && !isReplaced;
    if (this.#carrier && this.#isUp) {
      this.#outlived(end);
      const next = [...this.#attempts.values()].find(({ welcome }) => welcome);
      if (goesOn && next) return this.#takeOver(next);
    } else this.#chooser.failed();
    this.#unlink();
    if (this.#closing) return this.#finish(end);
    const firstTime = this.#up_at === undefined && !this.#options.patient;
    if (!goesOn || firstTime) return this.#finish(end);
    if (action === 'drop_cursors') this.#orders.dropCursors();
    if (action === 'renew_token') return this.#renew(end);
    this.#suspend(this.#wait(action === 'resume', end.retry_ms));
  }

  #outlived({ code }: LinkEnd): void {
    const now = this.#now();
    const lived_ms = now - (this.#up_at ?? now);
    if (lived_ms >= PROVEN_MS) this.#backoff.reset();
    const name = this.transport as TransportName;
    this.#chooser.lost(name, lived_ms, Math.floor(code / 1000) !== 4, now);
  }

  /** How long to wait before the next attempt. */
  #wait(isCalm: boolean, retry_ms: number | undefined): number {
    if (isCalm && retry_ms !== undefined) return retry_ms;
    return Math.max(this.#backoff.next(), retry_ms ?? 0);
  }

  #suspend(wait_ms: number): void {
    const now = this.#now();
    const since_try_ms = now - this.#tried_at;
    const isHidden = this.#options.surroundings.hidden();
    const ms = isHidden ? Math.max(wait_ms, HIDDEN_MS - since_try_ms) : wait_ms;
    this.#lost_at ??= now;
    this.#retry_at = now + ms;
    this.#alarm.set(ms, () => this.#connect());
    this.#orders.suspended(this.#lost_at, this.#retry_at);
  }

  #renew(end: LinkEnd): void {
    const renewal = this.#orders.renewToken();
    if (!renewal) return this.#finish(end);
    const resume = () => this.#isDone || this.#suspend(this.#wait(false, end.retry_ms));
    this.#lost_at ??= this.#now();
    renewal.then(resume, resume);
  }

  #changed(change: Change): void {
    if (change === 'seen' && this.#options.surroundings.hidden()) return;
    if (change === 'offline' && !this.#isUp) return;
    if (change !== 'offline') {
      this.#backoff.reset();
      this.#chooser.changed(this.#now());
    }
    this.retryNow();
    if (this.#isUp && !this.#race && !this.#heir) this.#waitForBetter();
  }

  #pause(): void {
    this.#isUp = false;
    this.#liveness.stop();
  }

  /** Gives up the try for a better link; the one that carries goes on. */
  #abandon(): void {
    if (!this.#carrier || !(this.#race || this.#heir)) return;
    this.#dropAll();
    this.#waitForBetter();
    this.#orders.released();
  }

  #dropAll(): void {
    this.#race = undefined;
    this.#heir = undefined;
    for (const name of [...this.#attempts.keys()]) this.#drop(name);
  }

  /** Gives an attempt up: it is not heard any more. */
  #drop(name: TransportName): void {
    const attempt = this.#attempts.get(name);
    this.#attempts.delete(name);
    this.#giveUp(attempt);
  }

  #giveUp(attempt: Attempt | undefined): void {
    if (attempt?.link && !attempt.isBeside) this.#strayed_at = this.#now();
    attempt?.link?.close();
  }

  #unlink(): void {
    const carrier = this.#carrier;
    this.#carrier = undefined;
    this.#retry_at = undefined;
    this.#pause();
    this.#alarm.clear();
    this.#dropAll();
    this.#giveUp(carrier);
  }

  #finish(end: LinkEnd, refusal?: TeahouseError): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#unlink();
    this.#stopWatching?.();
    this.#orders.ended(end, refusal);
  }
}

/** Where the winner is remembered; storage that is full or forbidden remembers nothing. */
function memoryIn(store: Surroundings['memory'], key: string): Memory {
  return {
    recall: () => store?.getItem(key) ?? null,
    keep: (value) => {
      try {
        store?.setItem(key, value);
      } catch {
        // The next page begins with the best one again.
      }
    },
  };
}
