// Who is here, in the order in which they are shown.
import type { Person } from '@teahouse/sdk';

/** From this many people on the panel has a field to find one. */
export const filterFrom = 20;

const ranks = { owner: 0, moderator: 1, member: 2, guest: 3 };

/** Owner, moderators, members, guests; each by name in the order of the language. */
export function sortPeople(people: readonly Person[], language: string): Person[] {
  const order = new Intl.Collator(language === 'zh-CN' ? 'zh-u-co-pinyin' : language, {
    numeric: true,
  });
  return [...people].sort(
    (a, b) => ranks[a.role ?? 'guest'] - ranks[b.role ?? 'guest'] || order.compare(a.name, b.name),
  );
}

/** People whose name holds the text; case, width and accents do not count. */
export function findPeople(people: readonly Person[], text: string): Person[] {
  const wanted = folded(text.trim());
  return wanted === ''
    ? [...people]
    : people.filter((person) => folded(person.name).includes(wanted));
}

function folded(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
}
