import type { ChatEvent, HistoryRange, Page, Person, RoomInfo } from './frame.js';
import type { OutboxItem } from './keep.js';

/** A place where events are missing: the app drops or marks what it has and asks `history`. */
export interface Hole {
  /** The last seq before which everything may be missing; events go on with `from` + 1. */
  from: number;
  head: number;
  /** `reset`: what is known of the room is void. `behind`: there is a gap before `from`. */
  reason: 'behind' | 'reset';
}

/** What a room tells. */
export interface RoomEvents {
  /** In order, each exactly once, batched per message of the transport. */
  events: ChatEvent[];
  info: RoomInfo;
  live: boolean;
  hole: Hole;
  here: { count: number; people: Person[] | undefined };
  typing: Person[];
  outbox: readonly OutboxItem[];
  /** The read mark. */
  read: number;
}

export declare class Room {
  readonly id: string;
  readonly info: RoomInfo | undefined;
  readonly live: boolean;
  readonly head: number;
  readonly seq: number;
  readonly here: { count: number; people: Person[] | undefined };
  readonly typing: Person[];
  readonly readMark: number;
  readonly outbox: readonly OutboxItem[];
  open(tail?: number): Promise<void>;
  send(text: string): Promise<OutboxItem>;
  retry(cid: string): Promise<void>;
  discard(cid: string): Promise<void>;
  history(range: HistoryRange): Promise<Page>;
  read(seq: number): void;
  setTyping(on: boolean): void;
  on<K extends keyof RoomEvents>(type: K, f: (e: RoomEvents[K]) => void): () => void;
}
