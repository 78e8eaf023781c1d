// The browser's own store: who we are, what was not sent yet, drafts. One IndexedDB database per house.
import type { Identity, OutboxItem } from '@teahouse/sdk';
import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
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

export interface Schema extends DBSchema {
  identity: { key: 'me'; value: Identity };
  /** Keyed by a growing number, so that the order written is the order kept. */
  outbox: { key: number; value: OutboxItem; indexes: { cid: string } };
  /** Older pages kept the text alone. */
  drafts: { key: string; value: KeptDraft | string };
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
