/** Who is here and who is typing, as the signals tell it. Pure; nothing here is ever stored. */
import type { Person, PresenceSignal } from './frame.js';

/** Who is here now; above 200 people only the count is known. */
export interface Present {
  count: number;
  people: Person[] | undefined;
  /** There may be more: the server does not hear from its neighbours now. */
  partial: boolean;
}

/** Nobody is known to be here. */
export const nobody: Present = { count: 0, people: undefined, partial: false };

/** The list after a signal: replaced, changed, or only counted. */
export function present(before: Present, body: PresenceSignal['body']): Present {
  const { count, people, came, left, partial = false } = body;
  if (people) return { count, people, partial };
  if (!before.people || !(came || left)) return { count, people: undefined, partial };
  const gone = new Set([...(left ?? []), ...(came ?? []).map(({ id }) => id)]);
  const stayed = before.people.filter(({ id }) => !gone.has(id));
  return { count, people: [...stayed, ...(came ?? [])], partial };
}

/** Everybody in the list but this person. */
export function others(people: readonly Person[], id: string | undefined): Person[] {
  return people.filter((person) => person.id !== id);
}
