// What was said to you, as the panel shows it: asked when it is opened and whenever the house says that it changed.
import { computed, signal } from '@preact/signals';
import * as api from '@teahouse/sdk/api';
import { house } from '../state/house.ts';
import { addressFor, listedRoom, refreshRooms } from '../state/rooms.ts';
import { route } from '../state/route.ts';

export interface Called {
  calls: readonly api.Call[];
  unread: number;
  more: boolean;
}

/** As the house said it when it was last asked. */
const called = signal<Called | undefined>(undefined);
/** What was opened here: an answer on its way may not know it yet. */
const openedIds = signal<ReadonlySet<number>>(new Set());

/** What calls one, as it is now: the house does not say again what one reads on this page. */
export const seen = computed<Called | undefined>(() => {
  const said = called.value;
  if (said === undefined) return undefined;
  const calls = said.calls.map((call) => (isRead(call) ? { ...call, read: true } : call));
  const fewer = said.calls.filter(({ read }) => !read).length - freshIn(calls).length;
  return { ...said, calls, unread: Math.max(0, said.unread - fewer) };
});
export const callsFailed = signal(false);

const page = 30;
/** How soon it is asked again for a message that another node has just stored. */
const soon_ms = 1000;

let round = 0;

/** Asks for the newest. */
export async function refreshCalls(): Promise<void> {
  round += 1;
  const mine = round;
  const shown = Math.min(Math.max(called.peek()?.calls.length ?? 0, page), 100);
  try {
    const answer = await api.calls(house(), { limit: shown });
    if (mine !== round) return;
    called.value = answer;
    callsFailed.value = false;
    if (answer.calls.some(({ message }) => message === undefined))
      setTimeout(() => mine === round && void refreshCalls(), soon_ms);
  } catch {
    if (mine === round) callsFailed.value = true;
  }
}

/** Asks for what is older than what is shown. */
export async function moreCalls(): Promise<void> {
  const before = called.peek();
  const last = before?.calls.at(-1);
  if (before === undefined || last === undefined) return;
  const answer = await api.calls(house(), { before: last.id, limit: page }).catch(() => undefined);
  if (answer === undefined || called.peek() !== before) return;
  called.value = { ...answer, calls: [...before.calls, ...answer.calls] };
}

/** Everything that is shown was read; so it is on every device. */
export async function readAll(): Promise<void> {
  const newest = called.peek()?.calls[0];
  if (newest === undefined) return;
  await api.readCalls(house(), newest.id).catch(() => undefined);
  await Promise.all([refreshCalls(), refreshRooms()]);
}

/** One was opened: what is older is read by reading the rooms, a reaction only by this. */
export function opened(call: api.Call): void {
  if (call.read) return;
  openedIds.value = new Set([...openedIds.peek(), call.id]);
  const isOldest = !freshIn(seen.peek()?.calls ?? []).some(({ id }) => id < call.id);
  if (call.kind === 'reaction' && isOldest) void api.readCalls(house(), call.id).catch(() => {});
}

/** Somebody looks at that room on this page now. */
export function isOnScreen(room: string): boolean {
  const to = route.peek();
  const isOpen = to.screen === 'room' && (to.room === room || to.room === addressFor(room));
  return isOpen && document.visibilityState === 'visible' && document.hasFocus();
}

export function forgetCalls(): void {
  round += 1;
  called.value = undefined;
  openedIds.value = new Set();
}

function freshIn(calls: readonly api.Call[]): readonly api.Call[] {
  return calls.filter(({ read }) => !read);
}

/** What was said is read with its room, a reaction when it is opened. */
function isRead({ id, kind, room, seq, read }: api.Call): boolean {
  const isPassed = kind !== 'reaction' && seq <= (listedRoom(room)?.read ?? 0);
  return read || isPassed || openedIds.value.has(id);
}
