/**
 * One client of a Teahouse: it says `hello`, keeps its place in each room, and comes back from a
 * lost connection with its cursors, so that each event of a room is told once and in order, and
 * with the commands that have no answer yet.
 *
 * Owned by a `House` or a `TeahouseSocket`. It must not retry what the server refused, and it keeps
 * no text.
 */
import type { HelloWish } from './carrier.js';
import { type Clock, type Random, systemClock } from './clock.js';
import { isRetried } from './code.js';
import type { TeahouseError } from './error.js';
import type { Command, From, Hello, ServerFrame, Welcome } from './frame.js';
import { given } from './given.js';
import { Lifeline } from './lifeline.js';
import { Subscriptions } from './subscriptions.js';
import { browser, type Surroundings } from './surroundings.js';
import { httpTransport } from './transport/http.js';
import {
  type Link,
  type LinkEnd,
  TRANSPORTS,
  type Transport,
  type TransportName,
} from './transport/transport.js';
import { webSocketTransport } from './transport/websocket.js';
import { Unanswered } from './unanswered.js';

/** The subprotocol of this client. */
export const SUBPROTOCOL = 'teahouse.v1';
/** The shortest pause between polls that a server has to bear. */
const POLL_MS_MIN = 1_000;
/** Refs from here on are the client's own; commands from outside use smaller ones. */
export const OWN_REFS_FROM = 2 ** 52;

/** What a client can be told besides its address. */
export interface ClientOptions {
  /** Who this is. Without it the server makes a guest called `name`. */
  token?: string;
  name?: string;
  /** A cookie says who this is. */
  cookie?: boolean;
  /** Whom the cookie has to mean; after the first `welcome`, whom that named. */
  you?: { id: string };
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
  /** What carries the frames; `auto` chooses, and changes when it has to. */
  transport?: 'auto' | TransportName;
  /** Has the server count what the session costs: `GET /v1/costs`. */
  cost?: boolean;
  /** A fixed pause between polls of at least 1000 ms, instead of the one that the server names. */
  poll_ms?: number;
  fetch?: typeof fetch;
  webSocket?: typeof WebSocket;
  /** The transports to choose from, instead of those of the platform. */
  transports?: readonly Transport[];
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
  /** Another transport carries the frames. */
  switched(): void;
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
  readonly #lifeline: Lifeline;
  readonly #subscriptions: Subscriptions;
  readonly #unanswered = new Unanswered();
  #ref = OWN_REFS_FROM;
  #token: string | undefined;
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
    const nextRef = () => this.#ref++;
    this.#subscriptions = new Subscriptions(options.cursors ?? {}, nextRef);
    const {
      clock = systemClock,
      random = Math.random,
      surroundings = browser,
      patient = false,
      transports = platformTransports(options, clock),
    } = options;
    this.#lifeline = new Lifeline(
      { url, protocols, transports, clock, random, surroundings, patient, nextRef },
      {
        hello: (wish) => this.#hello(wish),
        hasToken: () => !!(options.cookie || this.#token),
        welcomed: (welcome, away_ms) => this.#accept(welcome, () => orders.welcomed(away_ms)),
        switched: (welcome) => {
          this.#subscriptions.suspend();
          this.#accept(welcome, () => orders.switched());
        },
        released: () => this.#release(),
        received: (frame, line) => this.#received(frame, line),
        isSettled: () => this.#subscriptions.isSettled,
        isQuiet: () => this.#unanswered.isQuiet,
        pull: (bytes_max) => this.#pull(bytes_max),
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
  get transport(): TransportName | undefined {
    return this.#lifeline.transport;
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
    const { type } = command;
    const isRoomList = type === 'subscribe' || type === 'unsubscribe';
    this.#subscriptions.asked(command);
    if (!('ref' in command)) {
      // Whoever polls is not told of typing, and a request for each key is too much.
      if (!this.#isPolled) this.#lifeline.send(line);
    } else if (this.#isHttp) {
      this.#unanswered.add(command, line, false);
      if (isRoomList) this.#lifeline.again();
      this.#lifeline.flush();
    } else {
      // A link that is to take over was opened without that room.
      if (isRoomList) this.#lifeline.again();
      this.#unanswered.add(command, line, this.#lifeline.send(line));
    }
  }

  /** Takes leave and closes; `ended` is told later. */
  close(code?: number, reason?: string): void {
    this.#lifeline.close(code, reason);
  }

  /** Ends the pause before the next attempt, or asks whether the connection lives. */
  retryNow(): void {
    this.#lifeline.retryNow();
  }

  get #isHttp(): boolean {
    return this.#lifeline.link?.flush !== undefined;
  }

  get #isPolled(): boolean {
    return this.transport?.endsWith('poll') ?? false;
  }

  #hello({ session, isBeside, to, isBrief }: HelloWish): Hello {
    const { name, client, cost } = this.#options;
    const [token, before] = [this.#token, this.welcome ?? this.#options];
    const isShort = to !== undefined || (isBrief && this.#subscriptions.isSettled);
    if (!isShort)
      for (const command of this.#unanswered.subscribes) this.#subscriptions.join(command);
    return {
      type: 'hello',
      v: 1,
      ...given({ token, session: session ?? (isBeside ? undefined : before.session) }),
      ...(token === undefined && given({ name, you: before.you?.id })),
      cursors: to === 'send' ? {} : this.#subscriptions.hello(),
      ...(isShort ? { brief: true } : given({ client })),
      ...(cost && { cost }),
    };
  }

  /** A link works; without a gap if it took over from another. */
  #accept(welcome: Welcome, tell: () => void): void {
    this.welcome = welcome;
    this.#token = welcome.token ?? this.#token;
    const answers = this.#resend();
    tell();
    for (const answer of answers) this.#tell(answer);
  }

  /** Sends what has no answer yet; answers what needs none. */
  #resend(): ServerFrame[] {
    const { subscribes } = this.#unanswered;
    const isAsked = (ref: number) => this.#subscriptions.isJoined(ref);
    if (this.#isHttp) {
      if (subscribes.some(({ ref }) => !isAsked(ref))) this.#lifeline.again();
      this.#lifeline.flush();
      return [];
    }
    const { lines, answers } = this.#unanswered.resume({ isAsked });
    for (const line of lines) this.#lifeline.send(line);
    return answers;
  }

  /** Sends what waited for a link that did not take over after all. */
  #release(): void {
    if (this.#isHttp) return this.#lifeline.flush();
    for (const line of this.#unanswered.unsent()) this.#lifeline.send(line);
  }

  #pull(bytes_max: number): string[] {
    for (;;) {
      const way = { isHttp: true, bytes_max, isAsked: () => true };
      const { lines, answers } = this.#unanswered.resume(way);
      for (const answer of answers) this.#tell(answer);
      // Who was answered may have given more.
      if (lines.length > 0 || answers.length === 0) return lines;
    }
  }

  #received(frame: ServerFrame, line: string): void {
    const named = this.#subscriptions.named(frame);
    if (named !== frame) return this.#received(named, JSON.stringify(named));
    if (frame.type === 'error' && this.#subscriptions.refused(frame, isRetried(frame))) {
      // The log cannot be read right now: come back with the cursors, after a pause.
      return this.#lifeline.lost(frame.retry_ms);
    }
    const command = this.#unanswered.answer(frame);
    if (frame.type === 'authed' && command?.type === 'auth') this.#token = command.token;
    const { pass, commands } = this.#subscriptions.take(frame);
    if (this.#isHttp) {
      if (commands.length > 0) this.#lifeline.again();
    } else {
      if (frame.type === 'ping')
        this.#say({ type: 'pong', cursors: this.#subscriptions.cursors() });
      for (const own of commands) this.#say(own);
    }
    if (pass) this.#tell(frame, line);
  }

  /** Sends a command of our own, which the next `hello` makes up for. */
  #say(command: Command): void {
    this.#lifeline.send(JSON.stringify(command));
  }

  #tell(frame: ServerFrame, line = JSON.stringify(frame)): void {
    if (this.#lifeline.isUp) this.#orders.received(frame, line);
  }

  #renewToken(): Promise<void> | undefined {
    return this.#options.freshToken?.().then((token) => {
      this.#token = token;
    });
  }
}

/** The transports of this platform, or the one that was asked for. */
function platformTransports(options: ClientOptions, clock: Clock): Transport[] {
  const { transport = 'auto', webSocket = globalThis.WebSocket } = options;
  const { fetch: fetch_ = (...args: Parameters<typeof fetch>) => fetch(...args) } = options;
  const poll_ms = options.poll_ms && Math.max(POLL_MS_MIN, options.poll_ms);
  const names = TRANSPORTS.filter((name) => transport === 'auto' || transport === name);
  const found = names.flatMap((name) => {
    if (name !== 'websocket') return httpTransport(name, { fetch: fetch_, clock, poll_ms });
    return webSocket ? webSocketTransport(webSocket) : [];
  });
  if (found.length === 0) throw new TypeError(`there is no transport '${transport}' here`);
  return found;
}
