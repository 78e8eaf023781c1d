// A room of the SDK that does what a test says. Only what the state uses of it.
import type {
  ChatEvent,
  HistoryRange,
  OutboxItem,
  Page,
  Person,
  Room,
  RoomEvents,
  RoomView,
} from '@teahouse/sdk';
import type { RoomListed } from '@teahouse/sdk/api';

export const ada: Person = { id: '11111111-7c0a-4c8e-8f5e-3a52d2d5a1b9', name: 'Ada' };
export const lin: Person = {
  id: '0b9d1e6e-7c0a-4c8e-8f5e-3a52d2d5a1b7',
  name: '林晓',
  role: 'owner',
};

/** Noon of a day in the time zone of the machine: far from midnight. */
export const noon = new Date(2026, 10, 22, 12).getTime();

export function message(seq: number, by: Person = ada, at = noon + seq * 1000): ChatEvent {
  return {
    type: 'event',
    room: '1024',
    seq,
    kind: 'message',
    cid: cidOf(seq),
    by,
    at,
    n: seq,
    body: { text: `message ${seq}` },
  };
}

export function messages(from: number, to: number, by: Person = ada): ChatEvent[] {
  return Array.from({ length: to - from + 1 }, (_, index) => message(from + index, by));
}

export function cidOf(seq: number): string {
  return seq.toString(16).padStart(32, '0');
}

export function item(cid: string, state: OutboxItem['state'] = 'pending', at = noon): OutboxItem {
  return { cid, room: '1024', text: `text of ${cid}`, written_at: at, state };
}

/** An open room as a guest who joined it sees it. */
export function roomView(id: string, name = id, change: Partial<RoomView> = {}): RoomView {
  return {
    id,
    slug: id,
    name,
    topic: '',
    policy: {
      read: 'guests',
      write: 'guests',
      call: 'moderators',
      history: true,
      slow_s: 0,
      keep_days: null,
    },
    direct: false,
    archived: false,
    joined: true,
    role: null,
    level: 'mentions',
    muted: false,
    silenced_until: null,
    may: ['read', 'write', 'leave'],
    ...change,
  };
}

/** The same in the list of rooms. */
export function listed(id: string, change: Partial<RoomListed> = {}): RoomListed {
  const counts = { here: 1, head: 10, n: 10, read: 10, unread: 0, last_at: noon };
  return { ...roomView(id), ...counts, ...change };
}

type Listener = (event: never) => void;

export class FakeRoom {
  readonly id: string;
  watched = false;
  info = roomView('1024', '1024 聊天室');
  live = false;
  head = 0;
  seq = 0;
  here: Room['here'] = { count: 2, people: [ada, lin], partial: false };
  typing: Person[] = [];
  readMark = 0;
  outbox: OutboxItem[] = [];
  /** Everything the house has; `history` reads it. */
  stored: ChatEvent[] = [];
  readonly asked: HistoryRange[] = [];
  readonly marked: number[] = [];
  failsHistory = false;
  readonly #listeners = new Map<string, Set<Listener>>();

  constructor(id = '1024') {
    this.id = id;
  }

  watch(): void {
    this.watched = true;
  }

  on<K extends keyof RoomEvents>(type: K, f: (event: RoomEvents[K]) => void): () => void {
    const set = this.#listeners.get(type) ?? new Set<Listener>();
    this.#listeners.set(type, set);
    set.add(f as Listener);
    return () => set.delete(f as Listener);
  }

  tell<K extends keyof RoomEvents>(type: K, event: RoomEvents[K]): void {
    for (const f of this.#listeners.get(type) ?? []) (f as (event: RoomEvents[K]) => void)(event);
  }

  /** As the real one: answered before the tail, which ends with `live`. */
  async open(tail = 50): Promise<void> {
    this.head = this.stored.at(-1)?.seq ?? 0;
    const events = tail === 0 ? [] : this.stored.slice(-tail);
    queueMicrotask(() => {
      this.arrive(events);
      this.live = true;
      this.tell('live', true);
    });
  }

  arrive(events: ChatEvent[]): void {
    this.head = Math.max(this.head, events.at(-1)?.seq ?? 0);
    if (events.length > 0) this.tell('events', events);
  }

  /** New on the house's log and at once here. */
  say(events: ChatEvent[]): void {
    this.stored.push(...events);
    this.arrive(events);
  }

  async history(range: HistoryRange): Promise<Page> {
    this.asked.push(range);
    if (this.failsHistory) throw new Error('The house did not answer.');
    const limit = range.limit ?? 50;
    const { before, after, around } = range;
    // A page holds messages only, as the protocol says.
    const kept = this.stored.filter((event) => event.kind === 'message');
    if (around !== undefined) {
      const at = kept.filter(({ seq }) => seq < around).length;
      const messages = kept.slice(Math.max(0, at - limit / 2), at + limit / 2);
      return { messages, as_of: this.head, more: messages.length < kept.length };
    }
    const all = kept.filter((event) =>
      before === undefined ? event.seq > (after ?? 0) : event.seq < before,
    );
    const page = before === undefined ? all.slice(0, limit) : all.slice(-limit);
    return { messages: page, as_of: this.head, more: all.length > limit };
  }

  read(seq: number): void {
    this.marked.push(seq);
  }

  setTyping(): void {}

  asRoom(): Room {
    return this as unknown as Room;
  }
}

/** A house whose rooms do what a test says. */
export class FakeHouse {
  state = 'idle';
  readonly #rooms = new Map<string, FakeRoom>();

  on(): () => void {
    return () => {};
  }

  room(id: string): FakeRoom {
    const room = this.#rooms.get(id) ?? new FakeRoom(id);
    this.#rooms.set(id, room);
    return room;
  }
}

/** Chance that is the same for the same number. */
export function diceOf(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % sides;
  };
}

/** Lets everything that was started and waits for nothing but itself come to its end. */
export async function quiet(): Promise<void> {
  for (let i = 0; i < 20; i += 1) await Promise.resolve();
}
