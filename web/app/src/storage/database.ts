// The browser's own store: who we are, what was not sent yet, drafts. One IndexedDB database per house.
import type { Identity, OutboxItem } from '@teahouse/sdk';
import { type DBSchema, type IDBPDatabase, openDB } from 'idb';

export interface Schema extends DBSchema {
  identity: { key: 'me'; value: Identity };
  /** Keyed by a growing number, so that the order written is the order kept. */
  outbox: { key: number; value: OutboxItem; indexes: { cid: string } };
  drafts: { key: string; value: string };
}

export type Database = IDBPDatabase<Schema>;

let opened: Promise<Database> | undefined;

/** The database, opened once. Rejects where the browser forbids it, for example in some private windows. */
export function database(): Promise<Database> {
  opened ??= openDB<Schema>('teahouse', 1, {
    upgrade(db) {
      db.createObjectStore('identity');
      db.createObjectStore('outbox', { autoIncrement: true }).createIndex('cid', 'cid', {
        unique: true,
      });
      db.createObjectStore('drafts');
    },
    terminated() {
      opened = undefined;
    },
  });
  return opened;
}
