// Drafts per room and per reply chain, shared by the tabs of this browser: the last writer wins. A browser without
// IndexedDB keeps them as long as the page.
import { signal } from '@preact/signals';
import { database, type KeptDraft } from './database.ts';

const kept = new Map<string, KeptDraft>();
const channel =
  typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel('teahouse.drafts');
const listeners = new Map<string, Set<(draft: KeptDraft | undefined) => void>>();

/** The texts of the drafts there are, by room, and by `ROOM#SEQ` for chains. */
export const drafted = signal<ReadonlyMap<string, string>>(new Map());

/** Reads which drafts there are, for the list of rooms. */
export async function readDrafted(): Promise<void> {
  try {
    const db = await database();
    const [keys, drafts] = await Promise.all([db.getAllKeys('drafts'), db.getAll('drafts')]);
    const texts = drafts.map((draft) => (typeof draft === 'string' ? draft : draft.text));
    drafted.value = new Map(keys.map((key, index) => [key, texts[index] ?? '']));
  } catch {
    // What is written on this page is known anyway.
  }
}

export async function readDraft(key: string): Promise<KeptDraft | undefined> {
  try {
    const found = await (await database()).get('drafts', key);
    return typeof found === 'string' ? { text: found } : found;
  } catch {
    return kept.get(key);
  }
}

/** Keeps it, or with `undefined` forgets it, here and in the other tabs. */
export async function saveDraft(key: string, draft: KeptDraft | undefined): Promise<void> {
  note(key, draft);
  channel?.postMessage({ key, draft });
  try {
    const db = await database();
    if (draft === undefined) await db.delete('drafts', key);
    else await db.put('drafts', draft, key);
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
  ({ data }: MessageEvent<{ key: string; draft?: KeptDraft }>) => {
    note(data.key, data.draft);
    for (const f of listeners.get(data.key) ?? []) f(data.draft);
  },
);
