// Finding rooms by what somebody types. Pure.
import type { Listed } from '../state/rooms.ts';

/** Rooms whose name, topic or address holds the text, by name; case, width and accents do not count. */
export function findRooms(list: readonly Listed[], text: string, tag: string): Listed[] {
  const wanted = folded(text.trim());
  const order = new Intl.Collator(tag === 'zh-CN' ? 'zh-u-co-pinyin' : tag, { numeric: true });
  return list
    .filter(({ name, topic, slug }) =>
      [name, topic, slug ?? ''].some((of) => folded(of).includes(wanted)),
    )
    .sort((a, b) => order.compare(a.name, b.name));
}

function folded(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
}
