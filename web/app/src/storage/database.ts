// The browser's own store: who we are, what was not sent yet, drafts. One IndexedDB database per house.
import type { Identity, OutboxItem } from '@teahouse/sdk';
import type { Context } from '../state/writing.ts';

/** What was written and not sent: the text as it stands in the field, and what it means. */
export interface KeptDraft {
  text: string;
  context?: Context;
  /** What stood there before an edit began. */
  stash?: string;
  /** Names that were chosen, and their ids. */
  chosen?: [string, string][];
}

/** What is kept where. */
interface Stores {
  identity: Identity;
  /** Keyed by a growing number, so that the order written is the order kept. */
  outbox: OutboxItem;
  /** Older pages kept the text alone. */
  drafts: KeptDraft | string;
}

type Name = keyof Stores;

let opened: Promise<IDBDatabase> | undefined;

/** The database, opened once. Rejects where the browser forbids it, for example in some private windows. */
export function database(): Promise<IDBDatabase> {
  opened ??= open();
  return opened;
}

async function open(): Promise<IDBDatabase> {
  const asked = indexedDB.open('teahouse', 1);
  asked.onupgradeneeded = () => {
    const db = asked.result;
    db.createObjectStore('identity');
    const outbox = db.createObjectStore('outbox', { autoIncrement: true });
    outbox.createIndex('cid', 'cid', { unique: true });
    db.createObjectStore('drafts');
  };
  const db = await answered(asked);
  // The browser closed it, for example because a person cleared its data.
  db.onclose = () => {
    opened = undefined;
  };
  return db;
}

/** What a request of the store answers; for a few lines the first load can do without a library. */
export function answered<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** One thing, by its key. */
export function read<N extends Name>(
  db: IDBDatabase,
  name: N,
  key: string,
): Promise<Stores[N] | undefined> {
  return answered(db.transaction(name).objectStore(name).get(key));
}

/** Everything, in the order of the keys. */
export function readAll<N extends Name>(db: IDBDatabase, name: N): Promise<Stores[N][]> {
  return answered(db.transaction(name).objectStore(name).getAll());
}

/**
 * Changes a store in one transaction; resolves when that is done, with `strict` when it is on the disk. The work may
 * wait for answers of the same store, and for nothing else: the transaction would end meanwhile.
 */
export async function change(
  db: IDBDatabase,
  name: Name,
  durability: IDBTransactionDurability,
  work: (store: IDBObjectStore) => unknown,
): Promise<void> {
  const transaction = db.transaction(name, 'readwrite', { durability });
  const done = new Promise<void>((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
    transaction.onerror = () => reject(transaction.error);
  });
  await Promise.all([work(transaction.objectStore(name)), done]);
}
