/**
 * What survives a reload: who one is, and what one has written and not yet had acknowledged.
 *
 * The app gives a `Keep` on IndexedDB; `memoryKeep()` serves tests and scripts. A keep stores and
 * lists, nothing else: it must not send, merge or expire anything.
 */
import type { FileView, Person, SendKind } from './frame.js';

/** Somebody as the house knows them. The token is the secret by which they come back, if no cookie is. */
export interface Identity {
  token?: string;
  session?: string;
  you: Person;
}

/** What was written and is not yet acknowledged: a message, or a change to one. */
export interface OutboxItem {
  /** 32 hex digits; stays the same however often it is sent. */
  cid: string;
  room: string;
  /** The id of who wrote it: only as that person it is shown and sent. */
  by?: string;
  /** A message, where it is absent. */
  kind?: SendKind;
  /** Of a message or an edit; blank for the other kinds. */
  text: string;
  /** The message that it replies to or changes. */
  target?: number;
  files?: readonly FileView[];
  emoji?: string;
  on?: boolean;
  written_at: number;
  state: 'pending' | 'failed';
  /** Why it failed. `retryable`: the same text may be taken another time. */
  error?: { code: string; message: string; retryable: boolean };
  /** It waits (a rate limit, a full store) and goes out by itself at this time. */
  waiting_until?: number;
}

/** Storage of one house in one browser. */
export interface Keep {
  /**
   * A name under which other tabs of this origin see the same storage. Tabs with the same scope
   * share one outbox: one of them sends. Leave it away for storage that no other tab sees.
   */
  readonly scope?: string;
  identity(): Promise<Identity | undefined>;
  saveIdentity(identity: Identity | undefined): Promise<void>;
  /** All items in the order written. */
  outbox(): Promise<OutboxItem[]>;
  /** Durable before it resolves. */
  addOutbox(item: OutboxItem): Promise<void>;
  /** Replaces the item of that cid; does nothing when it is gone. */
  updateOutbox(item: OutboxItem): Promise<void>;
  removeOutbox(cid: string): Promise<void>;
}

/** A keep that lasts as long as the page. */
export function memoryKeep(): Keep {
  let identity: Identity | undefined;
  const items = new Map<string, OutboxItem>();
  return {
    identity: async () => identity,
    saveIdentity: async (value) => {
      identity = value;
    },
    outbox: async () => [...items.values()].map((item) => ({ ...item })),
    addOutbox: async (item) => {
      items.set(item.cid, { ...item });
    },
    updateOutbox: async (item) => {
      if (items.has(item.cid)) items.set(item.cid, { ...item });
    },
    removeOutbox: async (cid) => {
      items.delete(cid);
    },
  };
}
