/**
 * The rooms of a connection and the cursor in each: which frames are news, which are repeats, and
 * where the log must be read again.
 *
 * Owned by the `Client`, which shows it every frame that passes. It must not send.
 */
import { Cursor } from './cursor.js';
import type { ChatEvent, Command, From, ServerFrame, Subscribed } from './frame.js';

/** Where a room goes on when its cursor had to be dropped. */
const FRESH: From = { tail: 50 };

interface Place {
  /** What to ask for while there is no cursor. */
  from: From;
  cursor?: Cursor;
  /** The connection has everything and gets the rest as it happens. */
  live: boolean;
  /** The log is being read again: until it answers, what jumps is dropped. */
  catchingUp: boolean;
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

  /** Own subscriptions under way: ref → room. */
  readonly #catchUps = new Map<number, string>();
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

  /** Looks at a frame that came in. */
  take(frame: ServerFrame): Verdict {
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

  /** Whether a refusal answers a subscription of our own. */
  refused(ref: number | undefined): boolean {
    const room = this.#catchUps.get(ref ?? -1);
    this.#asked.delete(ref ?? -1);
    return room !== undefined;
  }

  /** The connection is gone; the cursors stay. */
  suspend(): void {
    for (const p of this.#places.values()) {
      p.live = false;
      p.catchingUp = false;
    }
    this.#catchUps.clear();
  }

  /** The server cannot read our cursors: begin anew. */
  dropCursors(): void {
    for (const room of this.#places.keys()) this.#places.set(room, place(FRESH));
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
    const byOrder = this.#asked.delete(frame.ref ?? -1);
    this.#catchUps.delete(frame.ref ?? -1);
    // Events that were only late may have come while we asked: never go back by ourselves.
    if (byOrder || !isPast(from, found.cursor)) found.cursor = from;
    found.live = false;
    found.catchingUp = false;
    this.#places.set(room, found);
    return PASS;
  }

  #live(room: string, seq: number): Verdict {
    const found = this.#places.get(room);
    if (!found?.cursor || found.catchingUp) return DROP;
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
    if (found.catchingUp) return DROP;
    found.catchingUp = true;
    found.live = false;
    const ref = this.#nextRef();
    this.#catchUps.set(ref, room);
    return { pass: false, commands: [{ type: 'subscribe', ref, room, from: ask(found) }] };
  }
}

function place(from: From): Place {
  return { from, live: false, catchingUp: false };
}

function ask({ cursor, from }: Place): From {
  return cursor ? cursor.toString() : from;
}

/** Whether a place of the same log is before the cursor. */
function isPast(to: Cursor, cursor: Cursor | undefined): boolean {
  return cursor !== undefined && to.epoch === cursor.epoch && to.seq < cursor.seq;
}
