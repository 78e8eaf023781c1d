// Beginning a reply or an edit: what it is about, and what stands in the field then.
import type { OutboxItem, Person } from '@teahouse/sdk';
import { messageAt } from '../state/log.ts';
import { tell } from '../state/overlay.ts';
import type { Timeline } from '../state/timeline.ts';
import { type Context, endContext, setText, type Writing, writingIn } from '../state/writing.ts';
import { changeWords, type Names } from '../text/mentions.ts';
import { plainOf } from '../text/plain.ts';
import { talkWords } from './words.ts';

/** Begins a reply or an edit and gives the field the focus. An edit takes its place; what stood there comes back. */
export function beginContext(writing: Writing, context: Context): void {
  const { field } = writing;
  const before = writing.context.peek();
  writing.context.value = context;
  if (field === undefined) return;
  if (context.kind === 'edit') {
    if (before?.kind !== 'edit') writing.stash = field.value;
    for (const { id, name } of context.mentions) writing.chosen.set(`@${name}`, id);
    setText(field, fieldText(context));
  } else if (before?.kind === 'edit') setText(field, writing.stash);
  field.focus();
  field.setSelectionRange(field.value.length, field.value.length);
}

/** What was taken back is not taken a second time while it is being given up. */
const taken = new Set<string>();

/**
 * Takes what was refused back into the composer, with its files and what it was about, and gives up sending it. What is
 * begun there stays: an edit takes its place for a while, anything else stands above.
 */
export async function writeAgain(timeline: Timeline, item: OutboxItem): Promise<void> {
  const writing = writingIn(timeline);
  const { cid, text, files = [] } = item;
  // Nothing is changed before everything is here.
  const addWhole = files.length > 0 && (await import('../files/files.ts')).addWhole;
  const { field } = writing;
  if (field === undefined || taken.has(cid) || !endEdit(writing, field)) return;
  if (addWhole && !addWhole(writing.key, files)) return;
  taken.add(cid);
  const mentions = timeline.log.events.map(({ by }) => by);
  const isEdit = beginAgain(writing, item, field, mentions);
  for (const { id, name } of mentions) writing.chosen.set(`@${name}`, id);
  const again = fieldText({ kind: 'edit', seq: 0, text, mentions });
  const begun = isEdit ? '' : field.value.trimEnd();
  setText(field, [begun, again].filter((part) => part !== '').join('\n'));
  field.focus();
  void timeline.room.discard(cid);
}

/** Ends an edit in which nothing is changed yet; a changed one has to be ended by its writer. Says whether none is left. */
function endEdit(writing: Writing, field: HTMLTextAreaElement): boolean {
  const now = writing.context.peek();
  if (now?.kind !== 'edit') return true;
  const isUntouched = field.value === fieldText(now);
  if (isUntouched) endContext(writing);
  else {
    tell(talkWords().editFirst);
    field.focus();
  }
  return isUntouched;
}

/** Begins the reply or the edit that was refused; says whether it was an edit. */
function beginAgain(
  writing: Writing,
  item: OutboxItem,
  field: HTMLTextAreaElement,
  mentions: readonly Person[],
): boolean {
  const { log } = writing.timeline;
  const target = item.target === undefined ? undefined : messageAt(log, item.target);
  if (target === undefined) {
    // It answered nobody; what is begun may.
    if (field.value.trim() === '') endContext(writing);
    return false;
  }
  const { seq, by, body } = target;
  const text = body.text ?? '';
  const isEdit = item.kind === 'edit';
  if (isEdit) beginContext(writing, { kind: 'edit', seq, text, mentions });
  else beginContext(writing, { kind: 'reply', seq, by, text: plainOf(text, body.mentions) });
  return isEdit;
}

/** What a message says, as it stands in the field. */
export function fieldText({ text, mentions }: Extract<Context, { kind: 'edit' }>): string {
  const people = new Map(mentions.map(({ id, name }) => [id, name]));
  return toField(text, { people, rooms: new Map() });
}

const ids = /<([@#])([0-9a-z_-]{1,36})>/g;

/** A sent text as it stands in the field, ids as names; what is not known stays as it is. */
export function toField(text: string, called: { people: Names; rooms: Names }): string {
  const named = (sign: string, id: string) =>
    sign === '@' && (id === 'here' || id === 'room')
      ? id
      : (sign === '@' ? called.people : called.rooms).get(id);
  const places = [...text.matchAll(ids)].flatMap(
    ({ 0: whole, 1: sign = '', 2: id = '', index: at }) => {
      const name = named(sign, id);
      return name === undefined ? [] : [{ at, to: at + whole.length, becomes: sign + name }];
    },
  );
  return changeWords(text, places);
}
