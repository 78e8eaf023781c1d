// Files that wait to be sent, in a database of their own: they survive a reload with their bytes. A browser that
// forbids it keeps them as long as the page.
import type { FileView } from '@teahouse/sdk';
import { type DBSchema, type IDBPDatabase, openDB } from 'idb';

export interface Kept {
  key: string;
  place: string;
  name: string;
  alt: string;
  /** Empty, of the same type, where only the house has them. */
  bytes: Blob;
  /** Its address at the house, once it has one. */
  at?: string;
  /** As everybody will see it, once it is whole. */
  view?: FileView;
}

interface Schema extends DBSchema {
  uploads: { key: string; value: Kept; indexes: { place: string } };
}

let opened: Promise<IDBPDatabase<Schema>> | undefined;

function database(): Promise<IDBPDatabase<Schema>> {
  opened ??= openDB<Schema>('teahouse-files', 1, {
    upgrade(db) {
      db.createObjectStore('uploads', { keyPath: 'key' }).createIndex('place', 'place');
    },
    terminated() {
      opened = undefined;
    },
  });
  return opened;
}

export async function keep(kept: Kept): Promise<void> {
  try {
    await (await database()).put('uploads', kept);
  } catch {
    // It goes with the page.
  }
}

export async function forget(key: string): Promise<void> {
  try {
    await (await database()).delete('uploads', key);
  } catch {
    // It was never kept.
  }
}

/** Somebody else is here, or nobody: none of them waits any longer. */
export async function dropAll(): Promise<void> {
  await (await database()).clear('uploads');
}

/** What waits there, in the order in which it was added. */
export async function keptIn(place: string): Promise<Kept[]> {
  try {
    const all = await (await database()).getAllFromIndex('uploads', 'place', place);
    return all.sort((one, other) => (one.key < other.key ? -1 : 1));
  } catch {
    return [];
  }
}
