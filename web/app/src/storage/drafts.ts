// Drafts per room and per reply chain, shared by the tabs of this browser: the last writer wins. A browser without
// IndexedDB keeps them as long as the page.
import { signal } from '@preact/signals';
import { answered, change, database, type KeptDraft, read, readAll } from './database.ts';

const kept = new Map<string, KeptDraft>();
export const channel =
  typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel('teahouse.drafts');
const listeners = new Map<string, Set<(draft: KeptDraft | undefined) => void>>();

/** The texts of the drafts there are, by room, and by `ROOM#SEQ` for chains. */
export const drafted = signal<ReadonlyMap<string, string>>(new Map());

/** Reads which drafts there are, for the list of rooms. */
export async function readDrafted(): Promise<void> {
  try {
    const db = await database();
    const store = db.transaction('drafts').objectStore('drafts');
    const [keys, drafts] = await Promise.all([answered(store.getAllKeys()), readAll(db, 'drafts')]);
    const texts = drafts.map((draft) => (typeof draft === 'string' ? draft : draft.text));
    drafted.value = new Map(keys.map((key, index) => [String(key), texts[index] ?? '']));
  } catch {
    // What is written on this page is known anyway.
  }
}

export async function readDraft(key: string): Promise<KeptDraft | undefined> {
  try {
    // What this page has seen is at hand at once, also while it is being kept.
    const found = kept.get(key) ?? (await read(await database(), 'drafts', key));
    return typeof found === 'string' ? { text: found } : found;
  } catch {
    return undefined;
  }
}

/** Keeps it, or with `undefined` forgets it, here and in the other tabs. */
export async function saveDraft(key: string, draft: KeptDraft | undefined): Promise<void> {
  note(key, draft);
  channel?.postMessage({ key, draft });
  try {
    const db = await database();
    await change(db, 'drafts', 'default', (store) =>
      draft === undefined ? store.delete(key) : store.put(draft, key),
    );
  } catch {
    // Kept in `kept`.
  }
}

/** Calls `f` when another tab changed that draft, until the answer is called. */
export function onDraft(key: string, f: (draft: KeptDraft | undefined) => void): () => void {
  const heard = listeners.get(key) ?? new Set();
  listeners.set(key, heard);
  heard.add(f);
  return () => heard.delete(f);
}

/** No draft of this page is known any more. */
export function clearDrafts(): void {
  kept.clear();
  drafted.value = new Map();
}

function note(key: string, draft: KeptDraft | undefined): void {
  if (draft === undefined) kept.delete(key);
  else kept.set(key, draft);
  if (drafted.peek().get(key) === draft?.text) return;
  const texts = new Map(drafted.peek());
  if (draft === undefined) texts.delete(key);
  else texts.set(key, draft.text);
  drafted.value = texts;
}

channel?.addEventListener(
  'message',
  ({ data }: MessageEvent<{ key?: string; draft?: KeptDraft }>) => {
    // Somebody else came in.
    if (data.key === undefined) return clearDrafts();
    note(data.key, data.draft);
    for (const f of listeners.get(data.key) ?? []) f(data.draft);
  },
);
