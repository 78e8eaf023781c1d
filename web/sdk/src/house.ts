import type { Look, Person } from './frame.js';
import type { Identity, Keep } from './keep.js';
import type { Room } from './room.js';

export type ConnectionState = 'idle' | 'connecting' | 'live' | 'reconnecting' | 'offline' | 'ended';

/** What a house tells. */
export interface HouseEvents {
  state: ConnectionState;
  you: Person;
  /** Round trip of the last ping in milliseconds. */
  delay: number;
  ended: { code: number; reason: string };
  /** After a lost connection, once every open room is live again. */
  back: { away_ms: number; arrived: number };
}

export interface HouseOptions {
  url?: string | URL;
  client?: string;
  keep?: Keep;
  fetch?: typeof fetch;
  webSocket?: typeof WebSocket;
}

export declare class House {
  constructor(options?: HouseOptions);
  readonly state: ConnectionState;
  readonly you: Person | undefined;
  readonly name: string | undefined;
  readonly transport: 'websocket' | undefined;
  readonly delay_ms: number | undefined;
  readonly lost_at: number | undefined;
  readonly retry_at: number | undefined;
  readonly ended: { code: number; reason: string } | undefined;
  look(room: string): Promise<Look>;
  known(): Promise<Identity | undefined>;
  enter(name?: string): Promise<Person>;
  setup(v: { token: string; name: string; password: string; house?: string }): Promise<Person>;
  signIn(v: { name: string; password: string }): Promise<Person>;
  room(id: string): Room;
  retryNow(): void;
  leave(): Promise<void>;
  on<K extends keyof HouseEvents>(type: K, f: (e: HouseEvents[K]) => void): () => void;
}
