/**
 * `TeahouseSocket`: one client of a Teahouse, in the shape of the browser's `WebSocket`.
 *
 * It carries frames of docs/protocol.md, one a message. It says `hello` by itself, is OPEN from
 * `welcome` on, and stays OPEN while it comes back by itself from a lost connection: with its
 * cursors, so that each event of a room is told once and in order, and with the commands that have
 * no answer yet. It must not retry what the server refused, and it keeps no text.
 */
import { type Clock, type Random, systemClock } from './clock.js';
import { isRetried } from './code.js';
import type { TeahouseError } from './error.js';
import type { Command, From, Hello, ServerFrame, Welcome } from './frame.js';
import { given } from './given.js';
import { parseFrame } from './json.js';
import { ABNORMAL, Lifeline } from './lifeline.js';
import { SocketTarget } from './socket-events.js';
import { checkClose, socketUrl, subprotocols, utf8Bytes } from './standard.js';
import { Subscriptions } from './subscriptions.js';
import { browser, type Surroundings } from './surroundings.js';
import type { LinkEnd, Transport } from './transport/transport.js';
import { webSocketTransport } from './transport/websocket.js';
import { Unanswered } from './unanswered.js';

/** The subprotocol of this client. */
export const SUBPROTOCOL = 'teahouse.v1';
/** Refs from here on are the socket's own; commands given to `send` use smaller ones. */
export const OWN_REFS_FROM = 2 ** 52;

/** What a `TeahouseSocket` can be told besides its address. */
export interface TeahouseSocketOptions {
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

/** A WebSocket-shaped client of a Teahouse. See the head of this file. */
export class TeahouseSocket extends SocketTarget {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSING = 2;
  static readonly CLOSED = 3;
  readonly CONNECTING = 0;
  readonly OPEN = 1;
  readonly CLOSING = 2;
  readonly CLOSED = 3;

  readonly url: string;
  readonly #origin: string;
  readonly #options: TeahouseSocketOptions;
  readonly #lifeline: Lifeline;
  readonly #subscriptions: Subscriptions;
  readonly #unanswered = new Unanswered();
  #readyState: 0 | 1 | 2 | 3 = 0;
  #binaryType: BinaryType = 'blob';
  #protocol = '';
  #extensions = '';
  #ref = OWN_REFS_FROM;
  #token: string | undefined;
  #session: string | undefined;
  #welcome: Welcome | undefined;
  #delay_ms: number | undefined;
  /** Bytes that were given when it was too late to send them. */
  #lateBytes = 0;
  /** It was closed before it was open, which fails the connection. */
  #failing = false;

  constructor(
    url: string | URL,
    protocols: string | readonly string[] = SUBPROTOCOL,
    options: TeahouseSocketOptions = {},
  ) {
    super();
    this.url = socketUrl(url);
    this.#origin = new URL(this.url).origin;
    this.#options = options;
    this.#token = options.token;
    this.#session = options.session;
    const nextRef = () => this.#ref++;
    this.#subscriptions = new Subscriptions(options.cursors ?? {}, nextRef);
    this.#lifeline = new Lifeline(
      {
        url: this.url,
        protocols: subprotocols(protocols),
        transport: options.transport ?? webSocketTransport(),
        clock: options.clock ?? systemClock,
        random: options.random ?? Math.random,
        surroundings: options.surroundings ?? browser,
        patient: options.patient ?? false,
        nextRef,
      },
      {
        hello: () => this.#hello(),
        welcomed: (welcome, away_ms) => this.#welcomed(welcome, away_ms),
        received: (frame, line) => this.#received(frame, line),
        suspended: (lost_at, retry_at) => this.#suspended(lost_at, retry_at),
        delay: (ms) => this.#measured(ms),
        dropCursors: () => this.#subscriptions.dropCursors(),
        renewToken: () => this.#renewToken(),
        ended: (end, refusal) => this.#ended(end, refusal),
      },
    );
  }

  /** 0 connecting, 1 open, 2 closing, 3 closed. */
  get readyState(): 0 | 1 | 2 | 3 {
    return this.#readyState;
  }

  /** Bytes that were given to `send` and are not yet answered by the server. */
  get bufferedAmount(): number {
    return this.#unanswered.bytes + this.#lateBytes;
  }

  /** The subprotocol that the server chose; empty before `open`. */
  get protocol(): string {
    return this.#protocol;
  }

  get extensions(): string {
    return this.#extensions;
  }

  /** Without effect, since every frame is text; there because the browser's object has it. */
  get binaryType(): BinaryType {
    return this.#binaryType;
  }

  set binaryType(type: BinaryType) {
    if (type === 'blob' || type === 'arraybuffer') this.#binaryType = type;
  }

  /** The last `welcome`: there from `open` on. */
  get welcome(): Welcome | undefined {
    return this.#welcome;
  }

  /** The name of the transport that carries the frames; `undefined` while there is none. */
  get transport(): Transport['name'] | undefined {
    const transport = this.#options.transport?.name ?? 'websocket';
    return this.#lifeline.isUp ? transport : undefined;
  }

  /** When the connection was lost; `undefined` while there is one. */
  get lost_at(): number | undefined {
    return this.#lifeline.lost_at;
  }

  /** When the next attempt begins; `undefined` while one is under way. */
  get retry_at(): number | undefined {
    return this.#lifeline.retry_at;
  }

  /** The round trip of the last ping in milliseconds. */
  get delay_ms(): number | undefined {
    return this.#delay_ms;
  }

  /** The cursor of a room: all events up to it were told. */
  cursor(room: string): string | undefined {
    return this.#subscriptions.cursor(room);
  }

  /**
   * Gives a command, as one line of JSON. A command with a `ref` is sent again after a lost
   * connection until it is answered; one without (`typing`) is dropped while there is none.
   * Throws `InvalidStateError` while connecting, `TypeError` for what is no command.
   */
  send(line: string): void {
    if (this.#readyState === TeahouseSocket.CONNECTING) {
      throw new DOMException('the socket is still connecting: wait for open', 'InvalidStateError');
    }
    const command = readCommand(line);
    if (this.#readyState !== TeahouseSocket.OPEN) {
      this.#lateBytes += utf8Bytes(line);
      return;
    }
    this.#subscriptions.asked(command);
    if ('ref' in command) this.#unanswered.add(command, line);
    this.#lifeline.send(line);
  }

  /** Takes leave and closes; nothing is sent again afterwards. */
  close(code?: number, reason?: string): void {
    checkClose(code, reason);
    if (this.#readyState >= TeahouseSocket.CLOSING) return;
    this.#failing = this.#readyState === TeahouseSocket.CONNECTING;
    this.#readyState = TeahouseSocket.CLOSING;
    this.#lifeline.close(code, reason);
  }

  /** Tries now: ends the pause before the next attempt, or asks whether the connection lives. */
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
    this.#welcome = welcome;
    this.#session = welcome.session;
    this.#token = welcome.token ?? this.#token;
    const { lines, answers } = this.#unanswered.resume();
    for (const line of lines) this.#lifeline.send(line);
    if (away_ms === undefined) {
      this.#protocol = this.#lifeline.link?.protocol ?? '';
      this.#extensions = this.#lifeline.link?.extensions ?? '';
      this.#readyState = TeahouseSocket.OPEN;
      this.tell(new Event('open'));
    } else {
      this.tell(new Event('resume'), { away_ms });
    }
    for (const answer of answers) this.#pass(answer, JSON.stringify(answer));
  }

  #received(frame: ServerFrame, line: string): void {
    if (frame.type === 'error' && this.#subscriptions.refused(frame.ref) && isRetried(frame)) {
      // The log cannot be read right now: come back with the cursors, after a pause.
      return this.#lifeline.lost(frame.retry_ms);
    }
    const command = this.#unanswered.answer(frame);
    if (frame.type === 'authed' && command?.type === 'auth') this.#token = command.token;
    const { pass, commands } = this.#subscriptions.take(frame);
    if (frame.type === 'ping') this.#give({ type: 'pong', cursors: this.#subscriptions.cursors() });
    for (const command of commands) this.#give(command);
    if (pass) this.#pass(frame, line);
  }

  #give(command: Command): void {
    this.#lifeline.send(JSON.stringify(command));
  }

  #pass(frame: ServerFrame, line: string): void {
    if (this.#readyState !== TeahouseSocket.OPEN) return;
    this.tell(new MessageEvent('message', { data: line, origin: this.#origin }), { frame });
  }

  #suspended(lost_at: number, retry_at: number): void {
    this.#subscriptions.suspend();
    this.tell(new Event('suspend'), { lost_at, retry_at });
  }

  #measured(ms: number): void {
    this.#delay_ms = ms;
    this.tell(new Event('delay'));
  }

  #renewToken(): Promise<void> | undefined {
    return this.#options.freshToken?.().then((token) => {
      this.#token = token;
    });
  }

  #ended({ code, reason, clean }: LinkEnd, refusal?: TeahouseError): void {
    const isLost = this.#readyState !== TeahouseSocket.CLOSING && code === ABNORMAL;
    this.#readyState = TeahouseSocket.CLOSED;
    if (this.#failing || isLost || refusal) this.tell(new Event('error'), { refusal });
    this.tell(new Event('close'), { code, reason, wasClean: clean });
  }
}

/** A line as a command; throws `TypeError` with what is wrong. */
function readCommand(line: string): Command {
  const command = parseFrame<Command>(line);
  if (!command || line.includes('\n')) {
    throw new TypeError('send takes one command: a JSON object with a type, on one line');
  }
  const { type } = command;
  if (type === 'hello' || type === 'bye' || type === 'pong') {
    throw new TypeError(`the socket says ${type} by itself: use its options and close()`);
  }
  const ref = 'ref' in command ? command.ref : 0;
  if (!(Number.isInteger(ref) && ref >= 0 && ref < OWN_REFS_FROM)) {
    throw new TypeError(`ref must be a whole number from 0 to below 2^52, not ${ref}`);
  }
  return command;
}
