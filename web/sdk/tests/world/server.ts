/** A server of docs/protocol.md in memory: logs, cursors, cids, order. What a test wants refused, it refuses. */
import type { ChatEvent, From, Person, SendCommand } from '../../src/frame.js';
import type { Answer, HttpPath } from './exchange.js';
import { BOB, EPOCH, roomView, welcome } from './frames.js';
import type { TestClock } from './time.js';

/** The way back to a client. */
export interface Port {
  say(...frames: object[]): void;
  close(code: number, reason: string): void;
}

type Incoming = Record<string, unknown> & { type: string; ref: number; room: string };
type Refusal = { code: string; retry_ms?: number; field?: string };

const HEARTBEAT_MS = 25_000;
const GRACE_MS = 10_000;

/** How a connection's frames travel. */
interface Kind {
  path: 'websocket' | HttpPath;
  wait_s: number;
}

/** What goes wrong on purpose. */
export interface Faults {
  /** Refuses a command. */
  refuse?: (command: Incoming) => Refusal | undefined;
  /** Refuses a subscription, also one of a hello. */
  refuseRoom?: (room: string) => Refusal | undefined;
  /** How often an event is said: 1 is right, 0 loses it, 2 doubles it. */
  copies?: (event: ChatEvent) => number;
  /** Says the ack before the sender's own event. */
  ackFirst?: () => boolean;
  /** Told when a stored message comes again. */
  repeated?: () => void;
}

export class TestServer {
  readonly clock: TestClock;
  readonly logs = new Map<string, ChatEvent[]>();
  readonly people = new Map<string, Person>();
  readonly connections = new Set<Connection>();
  readonly reads = new Map<string, number>();
  faults: Faults = {};
  epoch = EPOCH;
  /** The newest live connection of each session. */
  readonly sessions = new Map<string, Connection>();
  /** Whether the process runs. */
  isUp = true;
  /** How many requests of each path came. */
  readonly requests: Record<string, number> = {};
  /** What each request over HTTP asked, line by line. */
  readonly asked: { path: HttpPath; wait_s: number; lines: Incoming[]; bytes: number }[] = [];
  #count = 0;
  #sessionCount = 0;

  constructor(clock: TestClock, rooms: string[] = ['1024']) {
    this.clock = clock;
    for (const room of rooms) this.logs.set(room, []);
  }

  connect(port: Port): Connection {
    const connection = new Connection(this, port);
    this.connections.add(connection);
    this.#counted('websocket');
    return connection;
  }

  /** One request over HTTP; what it answers goes to `answer`. */
  request(path: HttpPath, wait_s: number, body: string, answer: Answer): Connection {
    let isBegun = false;
    let isRefused = false;
    const port: Port = {
      say: (...frames) => {
        isRefused ||= !isBegun && isRefusal(path, frames[0]);
        if (!isBegun) this.#begin(path, isRefused, answer);
        isBegun = true;
        for (const frame of frames)
          answer.say(isRefused ? JSON.stringify(frame) : lineOf(path, frame));
      },
      close: () => answer.end(),
    };
    this.#counted(path);
    const lines = body.split('\n').map((line) => JSON.parse(line) as Incoming);
    this.asked.push({ path, wait_s, lines, bytes: Buffer.byteLength(body) });
    const connection = new Connection(this, port, { path, wait_s });
    this.connections.add(connection);
    connection.receive(body);
    if (path === 'send') {
      if (!isBegun) answer.head(200);
      answer.end();
      connection.gone();
    } else connection.settle();
    return connection;
  }

  /** The process ends without a word. */
  stop(): void {
    this.isUp = false;
    this.sessions.clear();
    for (const connection of [...this.connections]) connection.gone();
  }

  session(): string {
    this.#sessionCount += 1;
    return this.#sessionCount.toString(16).padStart(16, '0');
  }

  #counted(path: string): void {
    this.requests[path] = (this.requests[path] ?? 0) + 1;
  }

  #begin(path: HttpPath, isRefused: boolean, answer: Answer): void {
    answer.head(isRefused ? 401 : 200);
    if (path === 'stream' && !isRefused) answer.say(`:${' '.repeat(2048)}\n\n`);
  }

  log(room: string): ChatEvent[] {
    return this.logs.get(room) ?? [];
  }

  /** Somebody else says something. */
  post(room: string, text: string, by: Person = BOB): ChatEvent {
    this.#count += 1;
    const cid = (0xb0b00000 + this.#count).toString(16).padEnd(32, '0');
    return this.append(room, { kind: 'message', cid, by, body: { text } });
  }

  append(
    room: string,
    what: Pick<ChatEvent, 'kind' | 'cid' | 'by' | 'body'>,
    before?: () => void,
  ): ChatEvent {
    const log = this.log(room);
    const seq = log.length + 1;
    const n = what.kind === 'message' ? { n: seq } : {};
    const event: ChatEvent = { type: 'event', room, seq, at: this.clock.now(), ...what, ...n };
    log.push(event);
    before?.();
    for (const connection of this.connections) connection.deliver(event);
    return event;
  }

  guest(name: string): { token: string; you: Person } {
    const n = this.people.size + 1;
    const you = { id: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`, name };
    this.people.set(`TOKEN-${n}`, you);
    return { token: `TOKEN-${n}`, you };
  }

  cursor(room: string, seq: number): string {
    const check = this.log(room)[seq - 1]?.cid.slice(-8) ?? '00000000';
    return `${this.epoch}.${seq}.${check}`;
  }
}

export class Connection {
  readonly #server: TestServer;
  readonly #port: Port;
  readonly #rooms = new Set<string>();
  readonly #outOfOrder = new Set<string>();
  readonly #toldHeads = new Map<string, number>();
  readonly received: Incoming[] = [];
  readonly #kind: Kind;
  #session = '';
  #isBrief = false;
  #isEnded = false;
  #hasTold = false;
  you: Person | undefined;
  #stopTimer: (() => void) | undefined;

  constructor(server: TestServer, port: Port, kind: Kind = { path: 'websocket', wait_s: 0 }) {
    this.#server = server;
    this.#port = port;
    this.#kind = kind;
  }

  get path(): Kind['path'] {
    return this.#kind.path;
  }

  /** The hello of a poll was worked on: it ends, or waits for something. */
  settle(): void {
    const { path, wait_s } = this.#kind;
    if (this.#isEnded || path === 'stream') return;
    if (!this.#isBrief || this.#hasTold || wait_s === 0) return this.#rotate();
    this.#stopTimer?.();
    this.#stopTimer = this.#server.clock.after(wait_s * 1000, () => this.#rotate());
  }

  #rotate(): void {
    this.end(4002, 'rotate', this.#kind.wait_s > 0 ? 0 : this.#hasTold ? 1_000 : 3_000);
  }

  /** One message of the client. */
  receive(text: string): void {
    for (const line of text.split('\n')) this.#command(JSON.parse(line) as Incoming);
  }

  gone(): void {
    this.#stopTimer?.();
    this.#server.connections.delete(this);
  }

  say(...frames: object[]): void {
    if (this.#isEnded) return;
    const omitted = this.#isBrief ? ['welcome', 'subscribed', 'live'] : [];
    const kept = frames.filter((frame) => !omitted.includes((frame as { type: string }).type));
    if (kept.length === 0) return;
    this.#hasTold = true;
    this.#port.say(...kept);
  }

  /** Ends the connection as a server does. */
  end(code: number, reason: string, retry_ms?: number): void {
    this.say({ type: 'close', code, reason, ...(retry_ms !== undefined && { retry_ms }) });
    if (!this.#isEnded) this.#port.close(code, reason);
    this.gone();
    this.#isEnded = true;
  }

  deliver(event: ChatEvent): void {
    if (!this.#rooms.has(event.room)) return;
    const copies = this.#server.faults.copies?.(event) ?? 1;
    for (let i = 0; i < copies; i += 1) this.say(event);
    if (this.path.endsWith('poll') && copies > 0) this.#rotate();
  }

  #command(command: Incoming): void {
    this.received.push(command);
    if (this.#isEnded) return;
    this.#expectSilence();
    const { ref, room } = command;
    const isMisplaced = ['subscribe', 'unsubscribe'].includes(command.type);
    if (this.path !== 'websocket' && isMisplaced) throw new Error(`${command.type} over HTTP`);
    const refusal = this.#server.faults.refuse?.(command);
    if (refusal) return this.#refuse(command, refusal);
    switch (command.type) {
      case 'hello':
        return this.#hello(command);
      case 'subscribe':
        return this.#subscribe(room, command['from'] as From, ref);
      case 'unsubscribe':
        this.#rooms.delete(room);
        return this.say({ type: 'unsubscribed', ref, room });
      case 'send':
        return this.#send(command as unknown as SendCommand);
      case 'history':
        return this.#history(command);
      case 'read':
        return this.#read(room, command['seq'] as number, ref);
      case 'ping':
        return this.say({ type: 'pong', ref, now: this.#server.clock.now() });
      case 'bye':
        return this.gone();
      default:
    }
  }

  #refuse({ type, ref, room }: Incoming, refusal: Refusal): void {
    if (type === 'send' && refusal.code !== 'muted') this.#outOfOrder.add(room);
    this.say({ type: 'error', ...(ref !== undefined && { ref }), message: 'No.', ...refusal });
  }

  #hello({ token, you: who, name, session, brief, cursors }: Incoming): void {
    const { people } = this.#server;
    // Whoever shows no token and names somebody has that person's cookie.
    const known = people.get(String(token)) ?? [...people.values()].find(({ id }) => id === who);
    if (token !== undefined && !known) {
      this.say({ type: 'error', code: 'bad_token', message: 'Nobody has this token.' });
      if (this.path === 'websocket') return this.end(4401, 'bad_token');
      // Over HTTP a refusal is one frame.
      this.#port.close(4401, 'bad_token');
      this.#isEnded = true;
      return this.gone();
    }
    const made = known ? undefined : this.#server.guest(String(name ?? 'Guest'));
    this.you = known ?? made?.you;
    if (this.path === 'send') return;
    this.#isBrief = brief === true;
    this.#session = typeof session === 'string' ? session : this.#server.session();
    const you = this.you as Person;
    this.say(welcome({ session: this.#session, you, ...(made && { token: made.token }) }));
    for (const [room, from] of Object.entries(cursors as Record<string, From>)) {
      this.#subscribe(room, from);
    }
    const older = this.#server.sessions.get(this.#session);
    this.#server.sessions.set(this.#session, this);
    if (older !== this) older?.end(4003, 'replaced');
  }

  #subscribe(room: string, from: From, ref?: number): void {
    const log = this.#server.logs.get(room);
    const answer = ref === undefined ? { field: `cursors.${room}` } : { ref };
    if (!log) {
      return this.say({ type: 'error', code: 'no_such_room', message: 'No such room.', ...answer });
    }
    const refusal = this.#server.faults.refuseRoom?.(room);
    if (refusal) return this.say({ type: 'error', message: 'No.', ...refusal, ...answer });
    const start = this.#start(room, from);
    this.#rooms.add(room);
    this.#toldHeads.set(room, log.length);
    this.say({
      type: 'subscribed',
      ...(ref !== undefined && { ref }),
      room: roomView(room),
      epoch: this.#server.epoch,
      head: log.length,
      from: this.#server.cursor(room, start),
      read: this.#server.reads.get(room) ?? 0,
      here: { count: 1, people: [this.you] },
    });
    this.say(...log.slice(start), { type: 'live', room, seq: log.length });
  }

  #start(room: string, from: From): number {
    const head = this.#server.log(room).length;
    if (typeof from === 'object') return Math.max(0, head - from.tail);
    if (from === 'head') return head;
    const seq = Number(from.split('.')[1] ?? 0);
    if (this.#server.cursor(room, seq) === from) return seq;
    const { epoch } = this.#server;
    const start = Math.max(0, head - 200);
    const at = this.#server.cursor(room, start);
    this.say({ type: 'reset', room, epoch, from: at, oldest: 1, head });
    return start;
  }

  #send({ ref, room, cid, kind, body: { files: _, ...body }, first }: SendCommand): void {
    const you = this.you as Person;
    const error = (code: string) => this.say({ type: 'error', ref, code, message: 'No.' });
    if (first) this.#outOfOrder.delete(room);
    if (this.#outOfOrder.has(room)) return error('out_of_order');
    if (!this.#rooms.has(room) && this.path !== 'send') {
      this.#outOfOrder.add(room);
      return error('not_subscribed');
    }
    const stored = this.#server.log(room).find((event) => event.cid === cid);
    if (stored) {
      if (stored.by.id !== you.id) return error('cid_conflict');
      this.#server.faults.repeated?.();
      const { seq, at } = stored;
      return this.say({ type: 'ack', ref, room, cid, seq, at, repeat: true });
    }
    const seq = this.#server.log(room).length + 1;
    const ack = () => this.say({ type: 'ack', ref, room, cid, seq, at: this.#server.clock.now() });
    const isFirst = this.#server.faults.ackFirst?.() ?? true;
    this.#server.append(room, { kind, cid, by: you, body }, isFirst ? ack : undefined);
    if (!isFirst) ack();
  }

  #history({ ref, room, before }: Incoming): void {
    const log = this.#server.log(room);
    const messages = log.filter(({ seq }) => seq < Number(before)).slice(-50);
    this.say({ type: 'page', ref, room, messages, as_of: log.length, more: false });
  }

  #read(room: string, seq: number, ref: number): void {
    const mark = Math.max(seq, this.#server.reads.get(room) ?? 0);
    this.#server.reads.set(room, mark);
    this.say({ type: 'read', ref, room, seq: mark });
  }

  #expectSilence(): void {
    if (this.path === 'send' || this.path.endsWith('poll')) return;
    this.#stopTimer?.();
    this.#stopTimer = this.#server.clock.after(HEARTBEAT_MS, () => this.#ping());
  }

  #ping(): void {
    const heads: Record<string, number> = {};
    for (const [room, told] of this.#toldHeads) {
      const head = this.#server.log(room).length;
      if (head > told) heads[room] = head;
      this.#toldHeads.set(room, head);
    }
    this.say({ type: 'ping', heads });
    if (this.path === 'stream') return this.#expectSilence();
    this.#stopTimer = this.#server.clock.after(GRACE_MS, () => this.end(4010, 'no_pong', 1_000));
  }
}

function lineOf(path: HttpPath, frame: object): string {
  const line = JSON.stringify(frame);
  return path === 'stream' ? `data: ${line}\n\n` : `${line}\n`;
}

/** Whether a first frame refuses the request as a whole. */
function isRefusal(path: HttpPath, frame: object | undefined): boolean {
  const { type, code } = (frame ?? {}) as { type?: string; code?: string };
  return type === 'error' && path !== 'send' && code === 'bad_token';
}
