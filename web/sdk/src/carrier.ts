/**
 * What carries the frames: one link, found by a race of transports, and exchanged for a better one
 * without a gap.
 *
 * Owned by the `Lifeline`, which says when to look for a link and hears when there is none any more.
 * It must not wait and try again, nor keep a command; which transport is tried when is the
 * `Chooser`'s.
 */
import { Chooser, type Memory, type Race } from './chooser.js';
import { Alarm, type Clock, type Random } from './clock.js';
import { closeAction, ERRORS, isRetried } from './code.js';
import { TeahouseError } from './error.js';
import type { ErrorFrame, Hello, ServerFrame, Welcome } from './frame.js';
import { given } from './given.js';
import { parseFrame } from './json.js';
import type { Surroundings } from './surroundings.js';
import type { Link, LinkEnd, LinkEvents, Transport, TransportName } from './transport/transport.js';

/** How long the answers of the old link are waited for before its heir takes over. */
const DRAIN_MS = 5_000;
/** What an attempt may say before it carries: more, and it is given up. */
const HELD_MAX = 2_000;
/** How soon to ask again whether subscriptions are under way. */
const UNSETTLED_MS = 1_000;
/** How long a connection that was given up may still come to the server and replace a newer one. */
const STRAY_MS = 60_000;

/** The code of an end without a close frame (RFC 6455, section 7.4.1). */
const ABNORMAL = 1006;
/** What came is not of this protocol (the same section). */
const STRANGE = 1002;
/** A refusal of `hello` that has no close code of its own. */
const BAD_FRAME = 4400;
const ROTATE = 4002;
/** An end without a word. */
export const LOST: LinkEnd = { code: ABNORMAL, reason: '', clean: false };

/** What a carrier needs. */
export interface CarrierOptions {
  url: string;
  protocols: readonly string[];
  transports: readonly Transport[];
  clock: Clock;
  random: Random;
  surroundings: Surroundings;
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

/** What a carrier asks of whoever speaks over it. */
export interface Speaker {
  hello(wish: HelloWish): Hello;
  /** Whether it is known who this is, by a token or a cookie. */
  hasToken(): boolean;
  /** Whether no subscription is under way, so that a link may take over. */
  isSettled(): boolean;
  /** Whether everything that was sent over this link is answered. */
  isQuiet(): boolean;
  /** HTTP: what there is to send. */
  pull(bytes_max: number): string[];
  /** Sending goes on over the link there is. */
  released(): void;
}

/** What a carrier tells. */
export interface CarrierOrders {
  /** There is a link, `welcome_ms` after it was opened. */
  won(welcome: Welcome, welcome_ms: number): void;
  /** Another link carries, without a gap. */
  switched(welcome: Welcome): void;
  /** The link gave a sign of life by itself. */
  heard(): void;
  received(frame: ServerFrame, line: string): void;
  /** The link that carried for `lived_ms` has ended, or, without that, an attempt has failed. */
  ended(end: LinkEnd, lived_ms?: number): void;
  /** The server wants nothing of us. */
  refused(end: LinkEnd, refusal: TeahouseError): void;
}

/** A link on its way to carry, or the one that does. */
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

/** See the head of this file. */
export class Carrier {
  readonly #options: CarrierOptions;
  readonly #speaker: Speaker;
  readonly #orders: CarrierOrders;
  readonly #chooser: Chooser;
  /** The one timer: the race, the next try, or the answers that an heir waits for. */
  readonly #alarm: Alarm;
  #current: Attempt | undefined;
  #carries_since = 0;
  #race: Race | undefined;
  readonly #attempts = new Map<TransportName, Attempt>();
  /** Is live, and waits until the answers of the one that carries are here. */
  #heir: Attempt | undefined;
  /** It has taken leave: nothing is told any more but the end. */
  #isLeaving = false;
  /** When we last gave up a connection of our session whose end the server may not know. */
  #strayed_at = Number.NEGATIVE_INFINITY;
  /** How the last attempt ended. */
  #end = LOST;

  constructor(options: CarrierOptions, speaker: Speaker, orders: CarrierOrders) {
    this.#options = options;
    this.#speaker = speaker;
    this.#orders = orders;
    const { clock, random, surroundings, transports, url } = options;
    const names = transports.map(({ name }) => name);
    const store = names.length > 1 ? surroundings.memory : undefined;
    this.#chooser = new Chooser(names, memoryIn(store, `teahouse:${url}`), random);
    this.#alarm = new Alarm(clock);
  }

  /** What carries now. */
  get link(): Link | undefined {
    return this.#current?.link;
  }

  get name(): TransportName | undefined {
    return this.#current?.transport.name;
  }

  /** Looks for a link. */
  connect(): void {
    this.#end = LOST;
    this.#race = this.#chooser.attempt(this.#speaker.hasToken(), this.#now());
    this.#run();
  }

  /** Sends, unless nothing carries or another link is about to; says whether it did. */
  send(line: string): boolean {
    if (!this.#current || this.#heir) return false;
    this.#current.link?.send(line);
    return true;
  }

  /** HTTP: receives by another request: the rooms are others now, or it is time to look. */
  again(): void {
    if (!this.link?.again) return;
    this.#strayed_at = this.#now();
    this.link.again();
  }

  /** Gives up the try for a better link; the one that carries goes on. `isDue`: for now only. */
  abandon(isDue = false): void {
    if (!this.#current || !(this.#race || this.#heir)) return;
    this.#dropAttempts();
    if (isDue) this.#chooser.try_at = this.#now();
    this.#waitForBetter();
    this.#speaker.released();
  }

  /** The network is another one, or somebody looks again: what is better may work now. */
  changed(): void {
    this.#chooser.changed(this.#now());
    if (this.#current && !this.#race && !this.#heir) this.#waitForBetter();
  }

  /** What carries is given up, or its end was told. */
  lose(end: LinkEnd): void {
    const { code } = end;
    const { name } = this;
    const now = this.#now();
    if (!name || this.#isLeaving) {
      this.#chooser.failed();
      this.drop();
      return this.#orders.ended(end);
    }
    const lived_ms = now - this.#carries_since;
    this.#chooser.lost(name, lived_ms, !isOurs(code), now);
    const action = closeAction(code);
    // Whoever replaced us may be a connection of our own that we gave up before it arrived.
    const isOwn = action === 'replaced' && now - this.#strayed_at < STRAY_MS;
    const next = [...this.#attempts.values()].find(({ welcome }) => welcome);
    if (next && action !== 'stop') return this.#takeOver(next);
    this.drop();
    this.#orders.ended(isOwn ? LOST : end, lived_ms);
  }

  /** Takes leave and closes; `ended` is told later. */
  leave(code: number | undefined, reason: string | undefined, bye: string): void {
    this.#isLeaving = true;
    this.#alarm.clear();
    this.#dropAttempts();
    this.link?.close(code, reason, bye);
  }

  /** Gives up everything there is: nothing is heard any more. */
  drop(): void {
    const current = this.#current;
    this.#current = undefined;
    this.#alarm.clear();
    this.#dropAttempts();
    this.#close(current);
  }

  #now(): number {
    return this.#options.clock.now();
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
    }
    if (!race.isOver) return this.#alarm.set(race.step_at - this.#now(), () => this.#run());
    this.#race = undefined;
    if (this.#current) this.#waitForBetter();
    else this.lose(this.#end);
  }

  #open(name: TransportName, race: Race): void {
    const { transports, url, protocols, clock } = this.#options;
    const transport = transports.find((other) => other.name === name) as Transport;
    const isBeside = this.#current !== undefined || name !== race.order[0];
    const attempt: Attempt = { transport, race, isBeside, opened_at: this.#now(), held: [] };
    this.#attempts.set(name, attempt);
    const events = this.#events(attempt);
    try {
      attempt.link = transport.open(url, protocols, events);
    } catch {
      // A platform that refuses to try is one more failure, told later as all of them are.
      clock.after(0, () => events.ended(LOST));
    }
  }

  #events(attempt: Attempt): LinkEvents {
    const { race, transport } = attempt;
    const ifHeard =
      <A extends unknown[]>(f: (...args: A) => void) =>
      (...args: A) =>
        this.#isHeard(attempt) && f(...args);
    return {
      hello: (to) => this.#hello(attempt, to),
      begun: ifHeard(() => {
        race.begun(transport.name, this.#now());
        if (this.#race === race) this.#run();
      }),
      received: ifHeard((text: string, isReply: boolean) => this.#received(attempt, text, isReply)),
      refused: ifHeard((status: number, text: string) => this.#answered(attempt, status, text)),
      pull: (bytes_max) => this.#pull(attempt, bytes_max),
      ended: ifHeard((end: LinkEnd) => this.#ended(attempt, end)),
    };
  }

  #isHeard(attempt: Attempt): boolean {
    return this.#current === attempt || this.#attempts.get(attempt.transport.name) === attempt;
  }

  #hello(attempt: Attempt, to?: 'send' | 'leave' | 'all'): string {
    const { race, transport, rooms, isBeside } = attempt;
    // An answer may have been cut before it told of every room.
    const isBrief = rooms?.size === 0 && transport.name !== 'stream' && to !== 'all';
    const session = attempt.welcome?.session;
    const hello = this.#speaker.hello({
      ...given({ session, to: to === 'all' ? undefined : to }),
      isBeside,
      isBrief,
    });
    if (!hello.brief) attempt.rooms = new Set(Object.keys(hello.cursors));
    race.said(transport.name);
    return JSON.stringify(hello);
  }

  /** Whoever pulls has no request under way: there is no answer to wait for any more. */
  #pull(attempt: Attempt, bytes_max: number): string[] {
    const heir = this.#heir;
    if (this.#current !== attempt) return [];
    if (!heir) return this.#speaker.pull(bytes_max);
    queueMicrotask(() => this.#heir === heir && this.#takeOver(heir));
    return [];
  }

  #received(attempt: Attempt, text: string, isReply: boolean): void {
    if (attempt === this.#current && !isReply) this.#orders.heard();
    for (const line of text.split('\n')) {
      // A listener may have closed the socket, or a frame ended the link.
      if (!this.#isHeard(attempt) || this.#isLeaving) return;
      if (line === '') continue;
      const frame = parseFrame<ServerFrame>(line);
      if (!frame) return this.#ended(attempt, LOST);
      if (frame.type === 'close') {
        const { link, welcome } = attempt;
        const isRotated = frame.code === ROTATE && welcome && !isReply && link?.again;
        if (!isRotated) return this.#ended(attempt, { ...frame, clean: true });
        link.again?.(frame.retry_ms ?? 0);
      } else this.#took(attempt, frame, line);
    }
  }

  #took(attempt: Attempt, frame: ServerFrame, line: string): void {
    const { rooms } = attempt;
    if (frame.type === 'live') rooms?.delete(frame.room);
    if (frame.type === 'error') rooms?.delete(frame.field?.slice('cursors.'.length) ?? '');
    if (attempt === this.#current) this.#tell(frame, line);
    else if (attempt.welcome) this.#hold(attempt, frame, line);
    else if (frame.type === 'error') this.#refused(attempt, frame);
    else if (frame.type === 'welcome') {
      attempt.welcome = frame;
      if (!this.#current) this.#win(attempt, frame);
      else this.#check(attempt);
    }
  }

  #tell(frame: ServerFrame, line: string): void {
    // A request that receives may begin anew.
    if (frame.type === 'welcome') return;
    this.#orders.received(frame, line);
    if (this.#heir && this.#speaker.isQuiet()) this.#takeOver(this.#heir);
  }

  /** What comes over a link while another one carries. */
  #hold(attempt: Attempt, frame: ServerFrame, line: string): void {
    const isMany = attempt.held.push([frame, line]) > HELD_MAX;
    // The link that carries will say so as well.
    const isOdd = frame.type === 'behind' || frame.type === 'reset' || frame.type === 'error';
    if (isOdd || isMany) this.#ended(attempt, LOST);
    else this.#check(attempt);
  }

  /** A better link that is live takes over as soon as the answers of the old one are here. */
  #check(attempt: Attempt): void {
    if (attempt.rooms?.size !== 0 || this.#heir) return;
    this.#attempts.delete(attempt.transport.name);
    this.#dropAttempts();
    this.#attempts.set(attempt.transport.name, attempt);
    this.#heir = attempt;
    if (this.#speaker.isQuiet()) this.#takeOver(attempt);
    else this.#alarm.set(DRAIN_MS, () => this.#takeOver(attempt));
  }

  /** The first `welcome` of a race wins it. */
  #win(attempt: Attempt, welcome: Welcome): void {
    this.#carry(attempt);
    this.#orders.won(welcome, this.#now() - attempt.opened_at);
  }

  #takeOver(attempt: Attempt): void {
    const old = this.link;
    this.#carry(attempt);
    old?.close();
    this.#orders.switched(attempt.welcome as Welcome);
    for (const [frame, line] of attempt.held.splice(0)) {
      if (this.#current === attempt && !this.#isLeaving) this.#tell(frame, line);
    }
  }

  #carry(attempt: Attempt): void {
    const { name } = attempt.transport;
    this.#attempts.delete(name);
    this.#dropAttempts();
    this.#current = attempt;
    this.#carries_since = this.#now();
    this.#chooser.won(name, attempt.race, this.#carries_since);
    this.#waitForBetter();
  }

  #waitForBetter(): void {
    const { try_at } = this.#chooser;
    this.#alarm.clear();
    if (Number.isFinite(try_at)) this.#alarm.set(try_at - this.#now(), () => this.#tryBetter());
  }

  #tryBetter(): void {
    const { name } = this;
    // Whoever looks at the page again brings it back: see `changed`.
    if (!name || this.#options.surroundings.hidden()) return;
    if (!this.#speaker.isSettled()) return this.#alarm.set(UNSETTLED_MS, () => this.#tryBetter());
    this.#race = this.#chooser.better(name, this.#now());
    this.#run();
  }

  /** An HTTP request was refused as a whole. */
  #answered(attempt: Attempt, status: number, text: string): void {
    const frame = parseFrame<ServerFrame>(text.split('\n')[0] ?? '');
    if (frame?.type === 'error') this.#refused(attempt, frame);
    else if (frame?.type === 'close') this.#ended(attempt, { ...frame, clean: true });
    // Somebody on the way has no patience with this one: the others are answered sooner.
    else
      this.#ended(attempt, { ...LOST, code: status >= 500 && status !== 504 ? ABNORMAL : STRANGE });
  }

  /** The server refused our hello. */
  #refused(attempt: Attempt, error: ErrorFrame): void {
    const { code, retry_ms } = error;
    if (this.#current && this.#current !== attempt) return this.#ended(attempt, LOST);
    if (isRetried(error)) return this.lose({ ...LOST, ...given({ retry_ms }) });
    const end = { code: ERRORS[code]?.[2] ?? BAD_FRAME, reason: code, clean: true };
    this.#orders.refused(end, new TeahouseError(error));
  }

  #ended(attempt: Attempt, end: LinkEnd): void {
    const { name } = attempt.transport;
    // What the server itself says of an attempt, it says of all of them.
    if (attempt === this.#current || (!this.#current && isOurs(end.code))) return this.lose(end);
    this.#end = end;
    this.#drop(name);
    if (this.#heir === attempt) return this.abandon();
    attempt.race.failed(name, end.code === ABNORMAL, this.#now());
    this.#run();
  }

  #dropAttempts(): void {
    this.#race = undefined;
    this.#heir = undefined;
    for (const name of [...this.#attempts.keys()]) this.#drop(name);
  }

  /** Gives an attempt up: it is not heard any more. */
  #drop(name: TransportName): void {
    const attempt = this.#attempts.get(name);
    this.#attempts.delete(name);
    this.#close(attempt);
  }

  #close(attempt: Attempt | undefined): void {
    if (attempt?.link && !attempt.isBeside) this.#strayed_at = this.#now();
    attempt?.link?.close();
  }
}

/** Whether a close code is one of the protocol's own: a word of the server. */
function isOurs(code: number): boolean {
  return Math.floor(code / 1000) === 4;
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
