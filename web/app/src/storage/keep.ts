// The SDK's Keep on IndexedDB: identity and outbox survive a reload and a crash. Without IndexedDB they last
// as long as the page; the app works all the same.
import { type Identity, type Keep, memoryKeep, type OutboxItem } from '@teahouse/sdk';
import { type Database, database } from './database.ts';

/** The best Keep this browser has. */
export async function openKeep(): Promise<Keep> {
  try {
    return databaseKeep(await database());
  } catch {
    return memoryKeep();
  }
}

function databaseKeep(db: Database): Keep {
  return {
    scope: 'teahouse',
    identity: () => db.get('identity', 'me'),
    saveIdentity: (identity) => saveIdentity(db, identity),
    outbox: () => db.getAll('outbox'),
    addOutbox: (item) => addOutbox(db, item),
    updateOutbox: (item) => updateOutbox(db, item),
    removeOutbox: (cid) => removeOutbox(db, cid),
  };
}

async function saveIdentity(db: Database, identity: Identity | undefined): Promise<void> {
  const change = db.transaction('identity', 'readwrite', { durability: 'strict' });
  if (identity === undefined) await change.store.delete('me');
  else await change.store.put(identity, 'me');
  await change.done;
}

/** Strict: when it resolves, the text is on the disk and the row may be drawn. */
async function addOutbox(db: Database, item: OutboxItem): Promise<void> {
  const change = db.transaction('outbox', 'readwrite', { durability: 'strict' });
  await Promise.all([change.store.add(item), change.done]);
}

async function updateOutbox(db: Database, item: OutboxItem): Promise<void> {
  const change = db.transaction('outbox', 'readwrite');
  const key = await change.store.index('cid').getKey(item.cid);
  if (key !== undefined) await change.store.put(item, key);
  await change.done;
}

async function removeOutbox(db: Database, cid: string): Promise<void> {
  const change = db.transaction('outbox', 'readwrite');
  const key = await change.store.index('cid').getKey(cid);
  if (key !== undefined) await change.store.delete(key);
  await change.done;
}
