// Drafts per room. A browser without IndexedDB keeps them as long as the page.
import { database } from './database.ts';

const fallback = new Map<string, string>();

export async function readDraft(room: string): Promise<string> {
  try {
    return (await (await database()).get('drafts', room)) ?? '';
  } catch {
    return fallback.get(room) ?? '';
  }
}

export async function saveDraft(room: string, text: string): Promise<void> {
  fallback.set(room, text);
  try {
    const db = await database();
    if (text === '') await db.delete('drafts', room);
    else await db.put('drafts', text, room);
  } catch {
    // Kept in `fallback` above.
  }
}
