// What one writes and where: a room, or a reply chain in it. What is replied to or edited is said here; the text itself
// is the field's.
import { type Signal, signal } from '@preact/signals';
import type { Person } from '@teahouse/sdk';
import { toField } from '../text/mentions.ts';
import type { Timeline } from './timeline.ts';

/** What the next message does besides being one. */
export type Context =
  | { kind: 'reply'; seq: number; by: Person; text: string }
  /** `text` is what the message says now, with ids of people. */
  | { kind: 'edit'; seq: number; text: string; mentions: readonly Person[] };

export interface Writing {
  timeline: Timeline;
  /** The first message of the chain that is answered here; `undefined` in the room itself. */
  chain: number | undefined;
  /** Under which its draft is kept. */
  key: string;
  context: Signal<Context | undefined>;
  /** The names with their sign that were chosen, and whom or what they mean: names may be equal. */
  chosen: Map<string, string>;
  /** What stood in the field before an edit began. */
  stash: string;
}

const made = new WeakMap<Timeline, Map<number, Writing>>();

/** The place where one writes in that room or chain; it lives as long as the room's timeline. */
export function writingIn(timeline: Timeline, chain?: number): Writing {
  const places = made.get(timeline) ?? new Map<number, Writing>();
  made.set(timeline, places);
  const found = places.get(chain ?? 0);
  if (found !== undefined) return found;
  const key = chain === undefined ? timeline.room.id : `${timeline.room.id}#${chain}`;
  const place: Writing = {
    timeline,
    chain,
    key,
    context: signal(undefined),
    chosen: new Map(),
    stash: '',
  };
  places.set(chain ?? 0, place);
  return place;
}

/** The id of the field where that is written. */
export function fieldId({ chain }: Writing): string {
  return chain === undefined ? 'composer' : 'composer-chain';
}

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
}

/** Gives up a reply or an edit, or is done with it. */
export function endContext(writing: Writing): void {
  const before = writing.context.peek();
  writing.context.value = undefined;
  if (before?.kind !== 'edit') return;
  const field = document.getElementById(fieldId(writing)) as HTMLTextAreaElement | null;
  if (field !== null) setText(field, writing.stash);
  writing.stash = '';
}

/** What a message says, as it stands in the field. */
export function fieldText({ text, mentions }: Extract<Context, { kind: 'edit' }>): string {
  const people = new Map(mentions.map(({ id, name }) => [id, name]));
  return toField(text, { people, rooms: new Map() });
}

function setText(field: HTMLTextAreaElement, text: string): void {
  field.value = text;
  field.setSelectionRange(text.length, text.length);
  field.dispatchEvent(new InputEvent('input', { bubbles: true }));
}
