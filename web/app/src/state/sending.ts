// From the field to the outbox: what is written becomes a message, a reply or an edit.
import type { Called } from '../text/mentions.ts';
import { toWire } from '../text/mentions.ts';
import { putBack, takeAttached } from './attached.ts';
import { drawNow } from './frames.ts';
import { you } from './house.ts';
import { show } from './overlay.ts';
import { jumpToEnd } from './reading.ts';
import { endContext, type Writing } from './writing.ts';

/** Whom the names in a text mean here: who was chosen, then who is here, then whoever wrote what is loaded. */
export function calledIn({ timeline, chosen }: Writing): Called {
  const people = new Map<string, string>();
  const rooms = new Map<string, string>();
  for (const { by } of timeline.log.events) people.set(by.name, by.id);
  const here = [...(timeline.here.peek().people ?? []), you.peek()];
  for (const person of here) if (person !== undefined) people.set(person.name, person.id);
  for (const [name, id] of chosen) {
    if (name.startsWith('#')) rooms.set(name.slice(1), id);
    else people.set(name.slice(1), id);
  }
  return { people, rooms, all: timeline.info.peek()?.may.includes('call') ?? false };
}

/** The text with ids instead of names. */
export function wireText(writing: Writing, text: string): string {
  return /[@#]/.test(text) ? toWire(text, calledIn(writing)) : text;
}

/** Sends what was written, as what it is. Resolves when it is kept. */
export async function sendFrom(writing: Writing, text: string): Promise<void> {
  const { timeline, context, chain, chosen, key } = writing;
  const now = context.peek();
  const taken = now?.kind === 'edit' ? [] : takeAttached(key);
  const wire = wireText(writing, text);
  chosen.clear();
  endContext(writing);
  try {
    if (now?.kind === 'edit') {
      if (wire !== now.text) await timeline.room.edit(now.seq, wire);
      return;
    }
    const views = taken.flatMap(({ view }) => (view === undefined ? [] : [view]));
    const files = views.length > 0 ? views : undefined;
    await timeline.room.send(wire, { target: now?.seq ?? chain, files });
    if (chain === undefined) jumpToEnd(timeline);
    drawNow();
  } catch (error) {
    context.value = now;
    putBack(key, taken);
    throw error;
  }
}

/** An edit that leaves nothing: whether the message should be deleted. */
export function askToDelete({ timeline, context }: Writing): void {
  const now = context.peek();
  if (now?.kind !== 'edit') return;
  const row = timeline.rows.peek().find((one) => one.type === 'message' && one.seq === now.seq);
  if (row?.type === 'message') show({ kind: 'delete', timeline, row });
}
