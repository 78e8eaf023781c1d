// Calling somebody from their card: the name goes to the end of what is written in the room.
import type { Person } from '@teahouse/sdk';
import { insertText } from '../compose/insert.ts';
import { closePanel } from '../state/panel.ts';
import type { Timeline } from '../state/timeline.ts';
import { writingIn } from '../state/writing.ts';
import { readDraft, saveDraft } from '../storage/drafts.ts';

/** Writes the name and gives the field the focus. On a phone the field is behind the panel: there it waits in the draft. */
export async function mention(timeline: Timeline, { id, name }: Person): Promise<void> {
  const writing = writingIn(timeline);
  const called = `@${name}`;
  const { field } = writing;
  if (field !== undefined) {
    writing.chosen.set(called, id);
    field.setSelectionRange(field.value.length, field.value.length);
    return insertText(field, after(field.value, called));
  }
  const draft = await readDraft(writing.key);
  const text = draft?.text ?? '';
  const chosen: [string, string][] = [...(draft?.chosen ?? []), [called, id]];
  await saveDraft(writing.key, { ...draft, text: text + after(text, called), chosen });
  closePanel();
}

function after(text: string, called: string): string {
  return `${/\S$/.test(text) ? ' ' : ''}${called} `;
}
