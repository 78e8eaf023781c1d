/**
 * One client of a Teahouse: it says `hello`, keeps its place in each room, and comes back from a
 * lost connection with its cursors, so that each event of a room is told once and in order, and
 * with the commands that have no answer yet.
 *
 * Owned by a `House` or a `TeahouseSocket`. It must not retry what the server refused, and it keeps
 * no text.
 */
import { type Clock, type Random, systemClock } from './clock.js';
import { isRetried } from './code.js';
import type { TeahouseError } from './error.js';
import type { Command, ErrorFrame, From, Hello, ServerFrame, Welcome } from './frame.js';
import { given } from './given.js';
import { Lifeline } from './lifeline.js';
import { Subscriptions } from './subscriptions.js';
import { browser, type Surroundings } from './surroundings.js';
import type { Link, LinkEnd, Transport } from './transport/transport.js';
import { webSocketTransport } from './transport/websocket.js';
import { Unanswered } from './unanswered.js';

/** The subprotocol of this client. */
export const SUBPROTOCOL = 'teahouse.v1';
/** Refs from here on are the client's own; commands from outside use smaller ones. */
export const OWN_REFS_FROM = 2 ** 52;

/** What a client can be told besides its address. */
export interface ClientOptions {
  /** Who this is. Without it the server makes a guest called `name`. */
  token?: string;
  name?: string;
  /** The session of an earlier connection of this same client. */
  session?: string;
  /** The rooms to subscribe at once, and where to begin in each. */
  cursors?: Record<string, From>;
  /** The program, for the server's log: `web/0.1.0`. */
  client?: string;
  /** Keeps trying to connect for the first time; otherwise the first failure is the end. */
  patient?: boolean;
  /** Gets a new token when the old one has expired (4200); without it that is the end. */
  freshToken?: () => Promise<string>;
  transport?: Transport;
  clock?: Clock;
  random?: Random;
  surroundings?: Surroundings;
}

/** What a client tells its owner. */
export interface ClientOrders {
  /** It works; `away_ms` is how long it did not, absent the first time. */
  welcomed(away_ms: number | undefined): void;
  /** News. Repeats, and what only keeps the connection alive, are not told. */
  received(frame: ServerFrame, line: string): void;
  /** There is no connection; the next attempt is at `retry_at`. */
  suspended(lost_at: number, retry_at: number): void;
  /** A round trip was measured. */
  measured(): void;
  /** The end, for good. */
  ended(end: LinkEnd, refusal: TeahouseError | undefined): void;
}

/** See the head of this file. */
export class Client {
  readonly #options: ClientOptions;
  readonly #orders: ClientOrders;
  readonly #transport: Transport;
  readonly #lifeline: Lifeline;
  readonly #subscriptions: Subscriptions;
  readonly #unanswered = new Unanswered();
  #ref = OWN_REFS_FROM;
  #token: string | undefined;
  #session: string | undefined;
  /** The last `welcome`; `undefined` before the first. */
  welcome: Welcome | undefined;
  /** The round trip of the last ping in milliseconds. */
  delay_ms: number | undefined;

  constructor(
    url: string,
    protocols: readonly string[],
    options: ClientOptions,
    orders: ClientOrders,
  ) {
    this.#options = options;
    this.#orders = orders;
    this.#token = options.token;
    this.#session = options.session;
    const nextRef = () => this.#ref++;
    this.#subscriptions = new Subscriptions(options.cursors ?? {}, nextRef);
    const {
      transport = webSocketTransport(),
      clock = systemClock,
      random = Math.random,
      surroundings = browser,
      patient = false,
    } = options;
    this.#transport = transport;
    this.#lifeline = new Lifeline(
      { url, protocols, transport, clock, random, surroundings, patient, nextRef },
      {
        hello: () => this.#hello(),
        welcomed: (welcome, away_ms) => this.#welcomed(welcome, away_ms),
        received: (frame, line) => this.#received(frame, line),
        suspended: (lost_at, retry_at) => {
          this.#subscriptions.suspend();
          orders.suspended(lost_at, retry_at);
        },
        delay: (ms) => {
          this.delay_ms = ms;
          orders.measured();
        },
        dropCursors: () => this.#subscriptions.dropCursors(),
        renewToken: () => this.#renewToken(),
        ended: (end, refusal) => orders.ended(end, refusal),
      },
    );
  }

  /** Bytes that were given and are not yet answered. */
  get bytes(): number {
    return this.#unanswered.bytes;
  }

  get link(): Link | undefined {
    return this.#lifeline.link;
  }

  /** The name of the transport that carries the frames; `undefined` while there is none. */
  get transport(): Transport['name'] | undefined {
    return this.#lifeline.isUp ? this.#transport.name : undefined;
  }

  /** When the connection was lost; `undefined` while there is one. */
  get lost_at(): number | undefined {
    return this.#lifeline.lost_at;
  }

  /** When the next attempt begins; `undefined` while one is under way. */
  get retry_at(): number | undefined {
    return this.#lifeline.retry_at;
  }

  /** The cursor of a room: all events up to it were told. */
  cursor(room: string): string | undefined {
    return this.#subscriptions.cursor(room);
  }

  /**
   * Gives a command, and its line if there is one. A command with a `ref` is sent again after a
   * lost connection until it is answered; one without is dropped while there is no connection.
   */
  give(command: Command, line = JSON.stringify(command)): void {
    this.#subscriptions.asked(command);
    if ('ref' in command) this.#unanswered.add(command, line);
    this.#lifeline.send(line);
  }

  /** Takes leave and closes; `ended` is told later. */
  close(code?: number, reason?: string): void {
    this.#lifeline.close(code, reason);
  }

  /** Ends the pause before the next attempt, or asks whether the connection lives. */
  retryNow(): void {
    this.#lifeline.retryNow();
  }

  #hello(): Hello {
    const { name, client } = this.#options;
    const token = this.#token;
    return {
      type: 'hello',
      v: 1,
      cursors: this.#subscriptions.hello(),
      ...given({ token, session: this.#session, client }),
      ...(token === undefined && given({ name })),
    };
  }

  #welcomed(welcome: Welcome, away_ms: number | undefined): void {
    this.welcome = welcome;
    this.#session = welcome.session;
    this.#token = welcome.token ?? this.#token;
    const { lines, answers } = this.#unanswered.resume();
    for (const line of lines) this.#lifeline.send(line);
    this.#orders.welcomed(away_ms);
    for (const answer of answers) this.#tell(answer, JSON.stringify(answer));
  }

  #received(frame: ServerFrame, line: string): void {
    if (frame.type === 'error' && this.#catchUpFailed(frame)) {
      // The log cannot be read right now: come back with the cursors, after a pause.
      return this.#lifeline.lost(frame.retry_ms);
    }
    const command = this.#unanswered.answer(frame);
    if (frame.type === 'authed' && command?.type === 'auth') this.#token = command.token;
    const { pass, commands } = this.#subscriptions.take(frame);
    if (frame.type === 'ping') this.#say({ type: 'pong', cursors: this.#subscriptions.cursors() });
    for (const own of commands) this.#say(own);
    if (pass) this.#tell(frame, line);
  }

  #catchUpFailed(error: ErrorFrame): boolean {
    return this.#subscriptions.refused(error.ref) && isRetried(error);
  }

  /** Sends a command of our own, which the next `hello` makes up for. */
  #say(command: Command): void {
    this.#lifeline.send(JSON.stringify(command));
  }

  #tell(frame: ServerFrame, line: string): void {
    if (this.#lifeline.isUp) this.#orders.received(frame, line);
  }

  #renewToken(): Promise<void> | undefined {
    return this.#options.freshToken?.().then((token) => {
      this.#token = token;
    });
  }
}
