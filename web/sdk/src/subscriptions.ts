/**
 * The rooms of a connection and the cursor in each: which frames are news, which are repeats, and
 * where the log must be read again.
 *
 * Owned by the `Client`, which shows it every frame that passes. It must not send.
 */
import { Cursor } from './cursor.js';
import type {
  ChatEvent,
  Command,
  ErrorFrame,
  From,
  ServerFrame,
  SubscribeCommand,
  Subscribed,
} from './frame.js';

/** Where a room goes on when its cursor had to be dropped. */
const FRESH: From = { tail: 50 };

interface Place {
  /** What to ask for while there is no cursor. */
  from: From;
  cursor?: Cursor;
  /** The connection has everything and gets the rest as it happens. */
  live: boolean;
  /** The log is being read again, under that ref: until it answers, what jumps is dropped. */
  catchUp?: number | undefined;
  /** A subscription from outside that `hello` asks for: its ref. */
  asked?: number | undefined;
}

/** What is to be done with a frame. */
export interface Verdict {
  /** Whether it is news. */
  pass: boolean;
  /** Subscriptions of our own to send: events are missing, the log must be read again. */
  commands: Command[];
}

const PASS: Verdict = { pass: true, commands: [] };
const DROP: Verdict = { pass: false, commands: [] };

/** The cursors of one client. */
export class Subscriptions {
  readonly #places = new Map<string, Place>();
  /** The subscriptions that were asked for from outside, by ref: their `from` is law. */
  readonly #asked = new Set<number>();
  readonly #nextRef: () => number;

  constructor(cursors: Record<string, From>, nextRef: () => number) {
    this.#nextRef = nextRef;
    for (const [room, from] of Object.entries(cursors)) this.#places.set(room, place(from));
  }

  /** The cursor of a room, if it has one. */
  cursor(room: string): string | undefined {
    return this.#places.get(room)?.cursor?.toString();
  }

  /** What `hello` says: a cursor for each room, or where to begin. */
  hello(): Record<string, From> {
    return Object.fromEntries([...this.#places].map(([room, p]) => [room, ask(p)]));
  }

  /** What `pong` says: the cursors there are. */
  cursors(): Record<string, string> {
    const known = [...this.#places].filter(([, { cursor }]) => cursor);
    return Object.fromEntries(known.map(([room, { cursor }]) => [room, String(cursor)]));
  }

  /** Looks at a command on its way out. */
  asked(command: Command): void {
    if (command.type === 'subscribe') this.#asked.add(command.ref);
    if (command.type === 'unsubscribe') this.#places.delete(command.room);
  }

  /** A subscription from outside becomes part of the next `hello`. */
  join({ room, from, ref }: SubscribeCommand): void {
    this.#places.set(room, { ...place(from), asked: ref });
  }

  /** Whether a subscription from outside is part of a `hello`. */
  isJoined(ref: number): boolean {
    return [...this.#places.values()].some(({ asked }) => asked === ref);
  }

  /** Whether every subscription is answered. */
  get isSettled(): boolean {
    const isOpen = ({ asked, catchUp }: Place) => asked !== undefined || catchUp !== undefined;
    return this.#asked.size === 0 && ![...this.#places.values()].some(isOpen);
  }

  /** An answer to `hello`, with the ref of who asked for that room. */
  named<F extends ServerFrame>(frame: F): F {
    const room = roomOfHello(frame);
    const asked = room === undefined ? undefined : this.#places.get(room)?.asked;
    return asked === undefined ? frame : { ...frame, ref: asked };
  }

  /** Looks at a frame that came in. */
  take(frame: ServerFrame): Verdict {
    if (frame.type === 'unsubscribed') this.#places.delete(frame.room);
    switch (frame.type) {
      case 'event':
        return this.#event(frame);
      case 'subscribed':
        return this.#subscribed(frame);
      case 'live':
        return this.#live(frame.room, frame.seq);
      case 'behind':
        return this.#skip(frame.room, frame.from, false);
      case 'reset':
        return this.#skip(frame.room, frame.from, true);
      case 'ping':
        return { pass: false, commands: this.#lagging(frame.heads ?? {}) };
      default:
        return PASS;
    }
  }

  /**
   * Whether a refusal that answers a subscription of our own, which may be a room of `hello`, is
   * to be tried again. What may not be read any more is not asked for again.
   */
  refused({ ref = -1, field }: ErrorFrame, isRetried: boolean): boolean {
    this.#asked.delete(ref);
    for (const [room, { catchUp, asked }] of this.#places) {
      if (![asked, catchUp].includes(ref) && field !== `cursors.${room}`) continue;
      if (isRetried && asked !== ref) return true;
      this.#places.delete(room);
    }
    return false;
  }

  /** The connection is gone; the cursors stay. */
  suspend(): void {
    this.#asked.clear();
    for (const p of this.#places.values()) {
      p.live = false;
      p.catchUp = undefined;
    }
  }

  /** The server cannot read our cursors: begin anew. */
  dropCursors(): void {
    for (const [room, { asked }] of this.#places) {
      this.#places.set(room, { ...place(FRESH), asked });
    }
  }

  #event(event: ChatEvent): Verdict {
    const found = this.#places.get(event.room);
    const offer = found?.cursor?.offer(event.seq);
    if (!found?.cursor || offer === 'duplicate') return DROP;
    if (offer === 'gap') return this.#behind(event.room, found);
    found.cursor.apply(event);
    return PASS;
  }

  #subscribed(frame: Subscribed): Verdict {
    const room = frame.room.id;
    const from = Cursor.parse(frame.from);
    if (!from) return DROP;
    const found = this.#places.get(room) ?? place(frame.from);
    const byOrder = this.#asked.delete(frame.ref ?? -1) || found.asked !== undefined;
    // Events that were only late may have come while we asked: never go back by ourselves.
    if (byOrder || !isPast(from, found.cursor)) found.cursor = from;
    found.live = false;
    found.catchUp = undefined;
    found.asked = undefined;
    this.#places.set(room, found);
    return PASS;
  }

  #live(room: string, seq: number): Verdict {
    const found = this.#places.get(room);
    if (!found?.cursor || found.catchUp !== undefined) return DROP;
    if (seq > found.cursor.seq) return this.#behind(room, found);
    found.live = true;
    return PASS;
  }

  #skip(room: string, from: string, always: boolean): Verdict {
    const found = this.#places.get(room);
    const to = Cursor.parse(from);
    if (!found || !to || (!always && isPast(to, found.cursor))) return DROP;
    found.cursor = to;
    found.live = false;
    return PASS;
  }

  #lagging(heads: Record<string, number>): Command[] {
    return Object.entries(heads).flatMap(([room, head]) => {
      const found = this.#places.get(room);
      if (!found?.live || !found.cursor || head <= found.cursor.seq) return [];
      return this.#behind(room, found).commands;
    });
  }

  #behind(room: string, found: Place): Verdict {
    if (found.catchUp !== undefined) return DROP;
    found.live = false;
    const ref = this.#nextRef();
    found.catchUp = ref;
    return { pass: false, commands: [{ type: 'subscribe', ref, room, from: ask(found) }] };
  }
}

function place(from: From): Place {
  return { from, live: false };
}

function ask({ cursor, from }: Place): From {
  return cursor ? cursor.toString() : from;
}

/** Whether a place of the same log is before the cursor. */
function isPast(to: Cursor, cursor: Cursor | undefined): boolean {
  return cursor !== undefined && to.epoch === cursor.epoch && to.seq < cursor.seq;
}

/** The room whose place in `hello` a frame answers. */
function roomOfHello(frame: ServerFrame): string | undefined {
  if (frame.type === 'subscribed' && frame.ref === undefined) return frame.room.id;
  const isOfHello = frame.type === 'error' && frame.ref === undefined;
  return isOfHello ? /^cursors\.(.*)/.exec(frame.field ?? '')?.[1] : undefined;
}
