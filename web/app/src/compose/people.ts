// Who may be meant in a room: who is here first, then whoever wrote lately.
import type { Person } from '@teahouse/sdk';
import { you } from '../state/house.ts';
import { sortPeople } from '../state/people.ts';
import { othersIn, rooms } from '../state/rooms.ts';
import { settings } from '../state/settings.ts';
import type { Writing } from '../state/writing.ts';

const recentMax = 500;

/** Everybody who is known in this room, each once, oneself left out. */
export function knownPeople({ timeline }: Writing): Person[] {
  const known = new Map<string, Person>();
  const present = (timeline.here.peek().people ?? []).map((person) => ({ person }));
  const here = sortPeople(present, settings.peek().language).map(({ person }) => person);
  const wrote = timeline.log.events.slice(-recentMax).map(({ by }) => by);
  const direct = (rooms.peek() ?? []).filter((room) => room.direct).flatMap(othersIn);
  for (const person of [...here, ...wrote.reverse(), ...direct])
    if (!known.has(person.id) && person.name !== '') known.set(person.id, person);
  known.delete(you.peek()?.id ?? '');
  return [...known.values()];
}
