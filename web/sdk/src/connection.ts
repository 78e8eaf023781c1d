/**
 * `TeahouseSocket`: a `Client` in the shape of the browser's `WebSocket`.
 *
 * It carries frames of docs/protocol.md, one a message. It is OPEN from `welcome` on, and stays
 * OPEN while the client comes back from a lost connection by itself. It must not do more than
 * translate between the two.
 */
import { Client, type ClientOptions, OWN_REFS_FROM, SUBPROTOCOL } from './client.js';
import type { TeahouseError } from './error.js';
import type { Command, ServerFrame, Welcome } from './frame.js';
import { parseFrame } from './json.js';
import { SocketTarget } from './socket-events.js';
import { checkClose, socketUrl, subprotocols, utf8Bytes } from './standard.js';
import type { LinkEnd, TransportName } from './transport/transport.js';

/** An end without a close frame (RFC 6455, section 7.4.1). */
const ABNORMAL = 1006;

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

  /** The address: absolute, `ws:` or `wss:`. */
  readonly url: string;
  readonly #client: Client;
  #readyState: 0 | 1 | 2 | 3 = 0;
  #binaryType: BinaryType = 'blob';
  #protocol = '';
  #extensions = '';
  /** Bytes that were given when it was too late to send them. */
  #lateBytes = 0;
  /** The transport that was told last. */
  #told: TransportName | undefined;
  /** It was closed before it was open, which fails the connection. */
  #isFailing = false;

  constructor(
    url: string | URL,
    protocols: string | readonly string[] = SUBPROTOCOL,
    options: ClientOptions = {},
  ) {
    super();
    this.url = socketUrl(url);
    this.#client = new Client(this.url, subprotocols(protocols), options, {
      welcomed: (away_ms) => this.#welcomed(away_ms),
      switched: () => this.#carried(),
      received: (frame, line) => this.#received(frame, line),
      suspended: (lost_at, retry_at) => this.tell(new Event('suspend'), { lost_at, retry_at }),
      measured: () => this.tell(new Event('delay')),
      ended: (end, refusal) => this.#ended(end, refusal),
    });
  }

  /** 0 connecting, 1 open, 2 closing, 3 closed. */
  get readyState(): 0 | 1 | 2 | 3 {
    return this.#readyState;
  }

  /** Bytes that were given to `send` and are not yet answered by the server. */
  get bufferedAmount(): number {
    return this.#client.bytes + this.#lateBytes;
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
    return this.#client.welcome;
  }

  /** The name of the transport that carries the frames; `undefined` while there is none. */
  get transport(): TransportName | undefined {
    return this.#client.transport;
  }

  /** When the connection was lost; `undefined` while there is one. */
  get lost_at(): number | undefined {
    return this.#client.lost_at;
  }

  /** When the next attempt begins; `undefined` while one is under way. */
  get retry_at(): number | undefined {
    return this.#client.retry_at;
  }

  /** The round trip of the last ping in milliseconds. */
  get delay_ms(): number | undefined {
    return this.#client.delay_ms;
  }

  /** The cursor of a room: all events up to it were told. */
  cursor(room: string): string | undefined {
    return this.#client.cursor(room);
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
    if (this.#readyState === TeahouseSocket.OPEN) this.#client.give(command, line);
    else this.#lateBytes += utf8Bytes(line);
  }

  /** Takes leave and closes; nothing is sent again afterwards. */
  close(code?: number, reason?: string): void {
    checkClose(code, reason);
    if (this.#readyState >= TeahouseSocket.CLOSING) return;
    this.#isFailing = this.#readyState === TeahouseSocket.CONNECTING;
    this.#readyState = TeahouseSocket.CLOSING;
    this.#client.close(code, reason);
  }

  /** Tries now: ends the pause before the next attempt, or asks whether the connection lives. */
  retryNow(): void {
    this.#client.retryNow();
  }

  #welcomed(away_ms: number | undefined): void {
    if (away_ms !== undefined) {
      this.tell(new Event('resume'), { away_ms });
      return this.#carried();
    }
    this.#protocol = this.#client.link?.protocol ?? '';
    this.#extensions = this.#client.link?.extensions ?? '';
    this.#readyState = TeahouseSocket.OPEN;
    this.tell(new Event('open'));
    this.#carried();
  }

  /** Something carries the frames; tells it if that is another transport than before. */
  #carried(): void {
    const { transport } = this;
    if (!transport || transport === this.#told) return;
    this.#told = transport;
    this.tell(new Event('transport'), { transport });
  }

  #received(frame: ServerFrame, data: string): void {
    const { origin } = new URL(this.url);
    this.tell(new MessageEvent('message', { data, origin }), { frame });
  }

  #ended({ code, reason, clean }: LinkEnd, refusal: TeahouseError | undefined): void {
    const isLost = this.#readyState !== TeahouseSocket.CLOSING && code === ABNORMAL;
    this.#readyState = TeahouseSocket.CLOSED;
    if (this.#isFailing || isLost || refusal) this.tell(new Event('error'), { refusal });
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
