// A text that did not go out is never lost: it goes back to where it was written, or is offered there.
import { draftOf } from '../state/composer.ts';
import { type Context, setText, type Writing } from '../state/writing.ts';
import { readDraft, saveDraft } from '../storage/drafts.ts';
import { offer } from './offer.ts';

/** A text as it stood in the field. */
export interface Written {
  text: string;
  /** The names that were chosen in it. */
  chosen: ReadonlyMap<string, string>;
  context?: Context | undefined;
}

/**
 * Gives a text back. Where something else is written by then, that stays, and the text is offered above it; where the
 * room was left, it is the draft.
 */
export async function giveBack(writing: Writing, written: Written): Promise<void> {
  const { text, chosen } = written;
  for (const [name, id] of chosen) writing.chosen.set(name, id);
  const isDraft = writing.field === undefined && (await readDraft(writing.key)) === undefined;
  const { field } = writing;
  if (field !== undefined && isFree(writing, field, written)) setText(field, text);
  else if (field === undefined && isDraft) await saveDraft(writing.key, draftOf(writing, text));
  else offer.value = { kind: 'back', writing, text };
}

/** Whether nothing is written where that text stood. An edit that was ended has given its place back. */
function isFree(writing: Writing, field: HTMLTextAreaElement, { context }: Written): boolean {
  const now = writing.context.peek();
  if (now?.kind === 'edit') return now === context && field.value === writing.stash;
  return field.value === '';
}
