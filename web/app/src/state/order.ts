// In which order the rooms of the list stand: pinned first, then as the person chose.
import { isMine, type Listed, nameOf, rooms } from './rooms.ts';
import { phone } from './screen.ts';
import { type Order, settings } from './settings.ts';

/** How the rooms of the list are ordered: as chosen, else by name, on a phone newest first. */
export function orderNow(): Order {
  return settings.value.order ?? (phone.value ? 'newest' : 'name');
}

/** The rooms of the sidebar, in their two sections, what is pinned first. */
export function sections(order: Order, language: string): { rooms: Listed[]; direct: Listed[] } {
  const mine = (rooms.value ?? []).filter(isMine);
  const tag = language === 'zh-CN' ? 'zh-u-co-pinyin' : language;
  const { compare } = new Intl.Collator(tag, { numeric: true });
  const byName = (a: Listed, b: Listed) => compare(nameOf(a), nameOf(b));
  const newest = (a: Listed, b: Listed) => (b.last_at ?? 0) - (a.last_at ?? 0);
  const { pinned = [] } = settings.value;
  const rank = ({ id }: Listed) => (pinned.includes(id) ? 0 : 1);
  const within = order === 'name' ? byName : newest;
  const sorted = mine.sort((a, b) => rank(a) - rank(b) || within(a, b));
  return {
    rooms: sorted.filter(({ direct }) => !direct),
    direct: sorted.filter(({ direct }) => direct),
  };
}
