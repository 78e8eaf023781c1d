// Beginning a reply or an edit: what it is about, and what stands in the field then.
import type { OutboxItem } from '@teahouse/sdk';
import { messageAt } from '../state/log.ts';
import type { Timeline } from '../state/timeline.ts';
import { type Context, setText, type Writing, writingIn } from '../state/writing.ts';
import { changeWords, type Names } from '../text/mentions.ts';
import { plainOf } from '../text/plain.ts';

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

/** Takes what was refused back into the composer, with what it was about, and gives up sending it. */
export function writeAgain(timeline: Timeline, item: OutboxItem): void {
  const writing = writingIn(timeline);
  const target = item.target === undefined ? undefined : messageAt(timeline.log, item.target);
  const mentions = timeline.log.events.map(({ by }) => by);
  if (target !== undefined) {
    const { seq, by, body } = target;
    const text = body.text ?? '';
    if (item.kind === 'edit') beginContext(writing, { kind: 'edit', seq, text, mentions });
    else beginContext(writing, { kind: 'reply', seq, by, text: plainOf(text, body.mentions) });
  }
  const { field } = writing;
  if (field === undefined) return;
  for (const { id, name } of mentions) writing.chosen.set(`@${name}`, id);
  setText(field, fieldText({ kind: 'edit', seq: 0, text: item.text, mentions }));
  field.focus();
  void timeline.room.discard(item.cid);
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
