// What is searched and what was found. It lives as long as the page, so that coming back from a message finds the
// list as it was. One question at a time; the answer to an older one is dropped.
import { effect, signal } from '@preact/signals';
import * as api from '@teahouse/sdk/api';
import { house } from '../state/house.ts';
import { askPeople, personNamed } from '../state/known.ts';
import { codeOf } from '../state/me.ts';
import { nameOf, rooms } from '../state/rooms.ts';
import { lastRoom } from '../state/route.ts';
import { visit } from '../state/visit.ts';
import { folded } from '../text/pinyin.ts';
import { isBlank, isDaysOnly, readTyped, type Understood, understand } from './query.ts';
import { keepSearch } from './recent.ts';

/** The hits of one room, of one page: later pages follow below, so that nothing that is read moves. */
export interface Group {
  room: string;
  /** As the house calls it: who found something may not have the room in their list. */
  name: string;
  hits: readonly api.Hit[];
}

export interface Ready {
  state: 'ready';
  text: string;
  understood: Understood;
  groups: readonly Group[];
  count: number;
  more: string | undefined;
  /** The house has not put the newest messages into its index yet. */
  isBehind: boolean;
  /** The next page is on its way, or did not come. */
  next: 'idle' | 'loading' | 'failed';
}

export type Found =
  /** Nothing is asked, or only for days. */
  | { state: 'blank'; hasDays?: boolean }
  | { state: 'loading'; text: string }
  | Ready
  | { state: 'failed'; text: string; code: string };

export const found = signal<Found>({ state: 'blank' });

const hitsPage = 30;
let round = 0;

/** Searches for a text with its filters; what was found for the same text stays, unless it is asked `again`. */
export async function search(text: string, again = false): Promise<void> {
  const wanted = text.trim();
  const before = found.peek();
  const isThere = before.state === 'loading' || (before.state === 'ready' && !again);
  if (isThere && before.text === wanted) return;
  round += 1;
  const mine = round;
  const typed = readTyped(wanted);
  if (typed.filters.some(({ name }) => name === 'from')) await askPeople(lastRoom.peek());
  if (mine !== round) return;
  const understood = understand(typed, { personNamed, roomNamed });
  if (isBlank(understood)) {
    found.value = { state: 'blank' };
    return;
  }
  if (isDaysOnly(understood)) {
    found.value = { state: 'blank', hasDays: true };
    return;
  }
  found.value = { state: 'loading', text: wanted };
  try {
    const page = await api.search(house(), { ...understood.asked, limit: hitsPage });
    if (mine !== round) return;
    found.value = {
      state: 'ready',
      text: wanted,
      understood,
      groups: grouped(page),
      count: page.hits.length,
      more: page.more,
      isBehind: page.indexing === true,
      next: 'idle',
    };
    keepSearch(wanted);
  } catch (error) {
    if (mine === round) found.value = { state: 'failed', text: wanted, code: codeOf(error) };
  }
}

/** The next page, below what is there. */
export async function searchOn(): Promise<void> {
  const ready = found.peek();
  if (ready.state !== 'ready' || ready.more === undefined || ready.next === 'loading') return;
  const mine = round;
  const set = (change: Partial<Ready>) => {
    if (mine === round) found.value = { ...ready, ...change };
  };
  set({ next: 'loading' });
  try {
    const asked = { ...ready.understood.asked, limit: hitsPage, cursor: ready.more };
    const page = await api.search(house(), asked);
    set({
      groups: [...ready.groups, ...grouped(page)],
      count: ready.count + page.hits.length,
      more: page.more,
      isBehind: page.indexing === true,
      next: 'idle',
    });
  } catch {
    set({ next: 'failed' });
  }
}

/** Forgets what was found: somebody else is here, or nobody. */
export function forgetFound(): void {
  round += 1;
  found.value = { state: 'blank' };
}

effect(() => {
  if (visit.value === 'outside') forgetFound();
});

/** By room, the room with the newest hit first. */
export function grouped({ hits, rooms: names }: api.SearchPage): Group[] {
  const groups = new Map<string, Group & { hits: api.Hit[] }>();
  for (const hit of hits) {
    const group = groups.get(hit.room) ?? {
      room: hit.room,
      name: calledOf(hit.room) ?? names[hit.room]?.name ?? hit.room,
      hits: [],
    };
    group.hits.push(hit);
    groups.set(hit.room, group);
  }
  return [...groups.values()];
}

function calledOf(id: string): string | undefined {
  const room = rooms.peek()?.find((one) => one.id === id);
  return room === undefined ? undefined : nameOf(room);
}

/** The id of the room that is called or addressed exactly so. */
function roomNamed(name: string): string | undefined {
  const wanted = folded(name.trim());
  return rooms
    .peek()
    ?.find((room) => [nameOf(room), room.slug ?? '', room.id].some((of) => folded(of) === wanted))
    ?.id;
}
