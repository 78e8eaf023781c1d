// What was already shown, on this device: the last messages of the rooms opened last, in a database of their own.
// Bounded, of one person at a time, and gone with them. A browser that forbids it keeps nothing.
import type { ChatEvent, MessageState, Person, RoomView } from '@teahouse/sdk';
import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import type { Listed } from '../state/rooms.ts';

/** The rooms that are kept. */
export const roomsMax = 20;
/** The messages that are kept of each. */
export const messagesMax = 50;
/** What was not opened for so long is not kept any longer. */
export const kept_ms = 30 * 24 * 60 * 60 * 1000;

/** The end of a room as it was seen. */
export interface KeptRoom {
  id: string;
  /** When it was known to be so, in milliseconds since 1970. */
  at: number;
  info: RoomView;
  messages: ChatEvent[];
  states: Record<string, MessageState>;
  /** Everything before this seq is not here; 1 where the beginning is. */
  oldest: number;
  /** The last seq that was known: where the house has more, something else may be true by now. */
  head: number;
  read: number;
}

/** The house around the rooms. */
export interface KeptHouse {
  /** Whose it is: nobody else is shown it. */
  you: Person;
  name: string;
  rooms: readonly Listed[];
  muted: readonly string[];
}

interface Schema extends DBSchema {
  house: { key: string; value: KeptHouse };
  rooms: { key: string; value: KeptRoom; indexes: { at: number } };
}

const here = 'here';

let opened: Promise<IDBPDatabase<Schema>> | undefined;

function database(): Promise<IDBPDatabase<Schema>> {
  opened ??= openDB<Schema>('teahouse-kept', 1, {
    upgrade(db) {
      db.createObjectStore('house');
      db.createObjectStore('rooms', { keyPath: 'id' }).createIndex('at', 'at');
    },
    terminated() {
      opened = undefined;
    },
  });
  return opened;
}

/** Keeps the house and a few rooms. What was somebody else's goes, and so do the rooms that are too many or too old. */
export async function keep(house: KeptHouse, rooms: readonly KeptRoom[]): Promise<void> {
  const change = (await database()).transaction(['house', 'rooms'], 'readwrite');
  const [houses, kept] = [change.objectStore('house'), change.objectStore('rooms')];
  const before = await houses.get(here);
  if (before !== undefined && before.you.id !== house.you.id) await kept.clear();
  await houses.put(house, here);
  for (const room of rooms) await kept.put(room);
  const oldestFirst = await kept.index('at').getAllKeys();
  const tooMany = oldestFirst.slice(0, Math.max(0, oldestFirst.length - roomsMax));
  for (const id of tooMany) await kept.delete(id);
  const old = await kept.index('at').getAllKeys(IDBKeyRange.upperBound(Date.now() - kept_ms));
  for (const id of old) await kept.delete(id);
  await change.done;
}

/** The house as this person saw it last. */
export async function keptHouse(you: string): Promise<KeptHouse | undefined> {
  const house = await (await database()).get('house', here);
  return house?.you.id === you ? house : undefined;
}

/** The room as this person saw it last. */
export async function keptRoom(you: string, id: string): Promise<KeptRoom | undefined> {
  if ((await keptHouse(you)) === undefined) return undefined;
  return (await database()).get('rooms', id);
}

/** All rooms that are kept, with the last seq that was known of each. */
export async function keptHeads(): Promise<Map<string, number>> {
  const rooms = await (await database()).getAll('rooms');
  return new Map(rooms.map(({ id, head }) => [id, head]));
}

/** A room changed while it was not open: changes what is kept of it, if anything is. */
export async function amend(id: string, f: (room: KeptRoom) => KeptRoom): Promise<void> {
  const change = (await database()).transaction('rooms', 'readwrite');
  const room = await change.store.get(id);
  if (room !== undefined) await change.store.put(f(room));
  await change.done;
}

/** It may not be read any more. */
export async function drop(id: string): Promise<void> {
  await (await database()).delete('rooms', id);
}

/** Nobody is here any more: nothing of theirs stays. */
export async function dropAll(): Promise<void> {
  const change = (await database()).transaction(['house', 'rooms'], 'readwrite');
  await Promise.all([
    change.objectStore('house').clear(),
    change.objectStore('rooms').clear(),
    change.done,
  ]);
}
