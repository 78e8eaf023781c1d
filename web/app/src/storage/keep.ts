// The SDK's Keep on IndexedDB: identity and outbox survive a reload and a crash. Without IndexedDB they last
// as long as the page; the app works all the same.
import { type Identity, type Keep, memoryKeep, type OutboxItem } from '@teahouse/sdk';
import { answered, change, database, read, readAll } from './database.ts';

/** The best Keep this browser has. */
export async function openKeep(): Promise<Keep> {
  try {
    return databaseKeep(await database());
  } catch {
    return memoryKeep();
  }
}

function databaseKeep(db: IDBDatabase): Keep {
  // Who comes back is asked for twice, then what they wrote: read at once, nothing of it waits for the first drawing.
  let me: Promise<Identity | undefined> | undefined = read(db, 'identity', 'me');
  let written: Promise<OutboxItem[]> | undefined = readAll(db, 'outbox');
  // Whoever asks hears of it.
  me.catch(() => undefined);
  written.catch(() => undefined);
  return {
    scope: 'teahouse',
    identity: () => me ?? read(db, 'identity', 'me'),
    saveIdentity: (identity) => {
      me = undefined;
      return change(db, 'identity', 'strict', (store) =>
        identity === undefined ? store.delete('me') : store.put(identity, 'me'),
      );
    },
    outbox: () => {
      const first = written;
      written = undefined;
      return first ?? readAll(db, 'outbox');
    },
    // When it resolves, the browser's process has it and the row may be drawn: it outlives the page and a crash. Waiting
    // for the disk as well would cost more than a frame.
    addOutbox: (item) => change(db, 'outbox', 'relaxed', (store) => store.add(item)),
    updateOutbox: (item) => withKey(db, item.cid, (store, key) => store.put(item, key)),
    removeOutbox: (cid) => withKey(db, cid, (store, key) => store.delete(key)),
  };
}

function withKey(
  db: IDBDatabase,
  cid: string,
  work: (store: IDBObjectStore, key: IDBValidKey) => unknown,
): Promise<void> {
  return change(db, 'outbox', 'default', async (store) => {
    const key = await answered(store.index('cid').getKey(cid));
    if (key !== undefined) work(store, key);
  });
}
