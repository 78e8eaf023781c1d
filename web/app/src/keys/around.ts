// Going from room to room, and the rooms that were open last. Kept on this device.

import { effect } from '@preact/signals';
import { words } from '../i18n/language.ts';
import { orderNow, sections } from '../state/order.ts';
import { addressFor, idOf, isMine, type Listed, listedRoom, rooms } from '../state/rooms.ts';
import { go, lastRoom, roomRoute } from '../state/route.ts';

const key = 'teahouse.recent';
const keptMax = 20;

/** The ids of the rooms that were open, the latest first. */
export function recentRooms(): readonly string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key) ?? '[]');
    return Array.isArray(kept) ? kept.filter((one) => typeof one === 'string') : [];
  } catch {
    return [];
  }
}

/** Remembers every room that is opened; returns the end of it. */
export function followRecent(): () => void {
  return effect(() => {
    const id = idOf(lastRoom.value);
    if (id === undefined) return;
    const list = [id, ...recentRooms().filter((one) => one !== id)].slice(0, keptMax);
    try {
      localStorage.setItem(key, JSON.stringify(list));
    } catch {
      // A browser that keeps nothing begins each time with the rooms by name.
    }
  });
}

/** The room that is open, as the list has it. */
export function openRoom(): Listed | undefined {
  const id = idOf(lastRoom.peek());
  return id === undefined ? undefined : listedRoom(id);
}

/** To the room before or after in the order of the sidebar; around its ends. With `unread`: to one with news. */
export function step(by: 1 | -1, unread: boolean): void {
  const { rooms: mine, direct } = sections(orderNow(), words().tag);
  const all = [...mine, ...direct];
  const at = all.findIndex(({ id }) => id === openRoom()?.id);
  for (let n = 1; n <= all.length; n += 1) {
    const room = all[(at + by * n + all.length * (n + 1)) % all.length];
    if (room === undefined || (unread && (room.unread === 0 || room.muted))) continue;
    return go(roomRoute(addressFor(room.id)));
  }
}

/** Every room one may see, the ones that were open last first, then one's own, then by name. */
export function roomsByUse(): Listed[] {
  const recent = recentRooms();
  const place = ({ id }: Listed) => {
    const at = recent.indexOf(id);
    return at === -1 ? keptMax : at;
  };
  const order = new Intl.Collator(words().tag === 'zh-CN' ? 'zh-u-co-pinyin' : 'en', {
    numeric: true,
  });
  return (rooms.value ?? [])
    .filter(({ archived }) => !archived)
    .toSorted(
      (a, b) =>
        place(a) - place(b) ||
        Number(isMine(b)) - Number(isMine(a)) ||
        order.compare(a.name, b.name),
    );
}
