// Who is known on this page without asking: whom one talks with, who is here, who said the last lines. For jumping
// and for filters; the house is asked for the people of a room when somebody looks for one.
import { effect, signal } from '@preact/signals';
import type { Person } from '@teahouse/sdk';
import * as api from '@teahouse/sdk/api';
import { folded } from '../text/pinyin.ts';
import { house, you } from './house.ts';
import { rooms } from './rooms.ts';
import { visit } from './visit.ts';

const asked = signal<ReadonlyMap<string, Person>>(new Map());
const askedRooms = new Set<string>();

effect(() => {
  if (visit.value !== 'outside') return;
  asked.value = new Map();
  askedRooms.clear();
});

/** Everybody known, each once: those in conversations first, then who is here, then the rest. */
export function knownPeople(): Person[] {
  const list = rooms.value ?? [];
  const all = [
    ...list.flatMap(({ people = [] }) => people),
    ...list.flatMap(({ id }) => house().room(id).here.people ?? []),
    ...list.flatMap(({ line }) => (line === undefined ? [] : [line.by])),
    ...asked.value.values(),
    ...(you.value === undefined ? [] : [you.value]),
  ];
  const byId = new Map(all.toReversed().map((person) => [person.id, person]));
  return [...new Set(all.map(({ id }) => id))].flatMap((id) => {
    const person = byId.get(id);
    return person === undefined || person.name === '' ? [] : [person];
  });
}

/** Asks who belongs to a room, once while the page lives. Without an answer, fewer people are known. */
export async function askPeople(room: string): Promise<void> {
  if (askedRooms.has(room)) return;
  askedRooms.add(room);
  try {
    const { people } = await api.roomPeople(house(), room);
    asked.value = new Map([
      ...asked.peek(),
      ...people.map(({ person }) => [person.id, person] as const),
    ]);
  } catch {
    askedRooms.delete(room);
  }
}

/** The id of who is called exactly that; case, width and accents do not count. */
export function personNamed(name: string): string | undefined {
  const wanted = folded(name.trim());
  if (wanted === 'me' || wanted === '我') return you.peek()?.id;
  return knownPeople().find((person) => folded(person.name) === wanted)?.id;
}
