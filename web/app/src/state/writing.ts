// What one writes and where: a room, or a reply chain in it. What is replied to or edited is said here; the text itself
// is the field's.
import { type Signal, signal } from '@preact/signals';
import type { Person } from '@teahouse/sdk';
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
  /** The field, while it is on the page. */
  field?: HTMLTextAreaElement | undefined;
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

/** What is replied to or edited is done, or given up. */
export function endContext(writing: Writing): void {
  const wasEdit = writing.context.peek()?.kind === 'edit';
  writing.context.value = undefined;
  if (wasEdit && writing.field !== undefined) setText(writing.field, writing.stash);
  writing.stash = '';
}

/** Puts a text into the field; never during a composition. */
export function setText(field: HTMLTextAreaElement, text: string): void {
  field.value = text;
  field.dispatchEvent(new InputEvent('input', { bubbles: true }));
}
