// Who is here, in the order in which they are shown.
import type { Person } from '@teahouse/sdk';

/** From this many people on the panel has a field to find one. */
export const filterFrom = 20;

/** Of more members than these only who is here is listed; the others are counted. */
export const listedMax = 200;

/** Somebody in the panel: who they are, and what else the room knows. */
export interface Listed {
  person: Person;
  /** Since when they belong to the room. */
  joined?: number;
}

/** Somebody who belongs to a room, as the house says it. */
export interface Member {
  person: Person;
  role: 'moderator' | 'member';
  joined: number;
}

/**
 * Who is here, who stepped away and who is not here, of those that belong to the room. Whoever moderates the room is shown as a moderator,
 * whatever they are in the house.
 */
export function groupsOf(
  here: readonly Person[],
  members: readonly Member[],
): { here: Listed[]; away: Listed[]; gone: Listed[] } {
  const known = new Map(members.map((member) => [member.person.id, member]));
  const present = new Set(here.map(({ id }) => id));
  const listed = (person: Person): Listed => {
    const member = known.get(person.id);
    if (member === undefined) return { person };
    const raises = member.role === 'moderator' && ranks[person.role ?? 'guest'] > ranks.moderator;
    return {
      person: raises ? { ...person, role: 'moderator' } : person,
      joined: member.joined,
    };
  };
  const gone = members
    .map(({ person }) => person)
    .filter(({ id, name }) => !present.has(id) && name !== '');
  return {
    here: here.filter(({ away }) => !away).map(listed),
    away: here.filter(({ away }) => away).map(listed),
    gone: gone.map(listed),
  };
}

const ranks = { owner: 0, moderator: 1, member: 2, guest: 3 };

/** Owner, moderators, members, guests; each by name in the order of the language. */
export function sortPeople(people: readonly Listed[], language: string): Listed[] {
  const order = new Intl.Collator(language === 'zh-CN' ? 'zh-u-co-pinyin' : language, {
    numeric: true,
  });
  return [...people].sort(
    ({ person: a }, { person: b }) =>
      ranks[a.role ?? 'guest'] - ranks[b.role ?? 'guest'] || order.compare(a.name, b.name),
  );
}

/** People whose name holds the text; case, width and accents do not count. */
export function findPeople(people: readonly Listed[], text: string): Listed[] {
  const wanted = folded(text.trim());
  return wanted === ''
    ? [...people]
    : people.filter(({ person }) => folded(person.name).includes(wanted));
}

function folded(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
}
