// The SDK's Keep on IndexedDB: identity and outbox survive a reload and a crash. Without IndexedDB they last
// as long as the page; the app works all the same.
import { type Keep, memoryKeep } from '@teahouse/sdk';
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
  return {
    scope: 'teahouse',
    identity: () => read(db, 'identity', 'me'),
    saveIdentity: (identity) =>
      change(db, 'identity', 'strict', (store) =>
        identity === undefined ? store.delete('me') : store.put(identity, 'me'),
      ),
    outbox: () => readAll(db, 'outbox'),
    // Strict: when it resolves, the text is on the disk and the row may be drawn.
    addOutbox: (item) => change(db, 'outbox', 'strict', (store) => store.add(item)),
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
