// What stands in the field as it travels: names become ids.
import { you } from '../state/house.ts';
import type { Writing } from '../state/writing.ts';
import { type Called, toWire } from '../text/mentions.ts';

/** Where one writes, as far as it says who is meant. */
export type Naming = Pick<Writing, 'timeline' | 'chosen'>;

/** Whom the names in a text mean here: who was chosen, then who is here, then whoever wrote what is loaded. */
function calledIn({ timeline, chosen }: Naming): Called {
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
export function wireText(writing: Naming, text: string): string {
  return toWire(text, calledIn(writing));
}
