// Beginning a reply or an edit: what it is about, and what stands in the field then.
import { type Context, fieldId, setText, type Writing } from '../state/writing.ts';
import { type Names, outsideCode } from '../text/mentions.ts';

/** Begins a reply or an edit and gives the field the focus. An edit takes its place; what stood there comes back. */
export function beginContext(writing: Writing, context: Context): void {
  const field = document.getElementById(fieldId(writing)) as HTMLTextAreaElement | null;
  const before = writing.context.peek();
  writing.context.value = context;
  if (field === null) return;
  if (context.kind === 'edit') {
    if (before?.kind !== 'edit') writing.stash = field.value;
    for (const { id, name } of context.mentions) writing.chosen.set(`@${name}`, id);
    setText(field, fieldText(context));
  } else if (before?.kind === 'edit') setText(field, writing.stash);
  field.focus();
  field.setSelectionRange(field.value.length, field.value.length);
}

/** What a message says, as it stands in the field. */
export function fieldText({ text, mentions }: Extract<Context, { kind: 'edit' }>): string {
  const people = new Map(mentions.map(({ id, name }) => [id, name]));
  return toField(text, { people, rooms: new Map() });
}

const ids = /<([@#])([0-9a-z_-]{1,36})>/g;

/** A sent text as it stands in the field, ids as names; what is not known stays as it is. */
export function toField(text: string, called: { people: Names; rooms: Names }): string {
  const named = (whole: string, sign: string, id: string) => {
    if (sign === '@' && (id === 'here' || id === 'room')) return `@${id}`;
    const name = (sign === '@' ? called.people : called.rooms).get(id);
    return name === undefined ? whole : `${sign}${name}`;
  };
  return outsideCode(text, (part) => part.replace(ids, named));
}
