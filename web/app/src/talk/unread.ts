// *Mark unread from here*: kept on this device, because the house's own mark only grows. The room counts as unread until
// it is opened again; a page that begins in it goes on as it was.
import { effect, signal } from '@preact/signals';
import { you } from '../state/house.ts';
import { indexOfSeq } from '../state/log.ts';
import { type Listed, rooms } from '../state/rooms.ts';
import { redraw, type Timeline } from '../state/timeline.ts';
import { visit } from '../state/visit.ts';

/** The first message that counts as unread again. */
interface Mark {
  seq: number;
  n: number;
}

const key = 'teahouse.unread';
const keptMax = 100;

const marks = signal<Readonly<Record<string, Mark>>>({});

/** The first room of this page is not opened again: it was open before. */
let begun = false;

/** The new line stands before that message, and the room counts as unread. */
export function markUnread(timeline: Timeline, seq: number): void {
  const { log, room } = timeline;
  const first = log.events[indexOfSeq(log, seq)];
  if (first?.n === undefined) return;
  drawLine(timeline, seq);
  timeline.keptUnread = true;
  marks.value = { ...marks.peek(), [room.id]: { seq, n: first.n } };
}

/** A room is on the page: what is kept of it is shown once more, and has done its work. */
export function followMarks(timeline: Timeline): void {
  const isFirst = !begun;
  if (isFirst) begin();
  const { id } = timeline.room;
  const mark = marks.peek()[id];
  if (mark === undefined) return;
  if (mark.seq >= timeline.log.oldest) drawLine(timeline, mark.seq);
  timeline.keptUnread = isFirst;
  if (!isFirst) forget(id);
}

/** *Mark read*: nothing is unread there any more. */
export function unmark(id: string): void {
  if (marks.peek()[id] === undefined) return;
  forget(id);
  rooms.value = rooms.peek()?.map((room) => (room.id === id ? { ...room, unread: 0 } : room));
}

function forget(id: string): void {
  const { [id]: _, ...others } = marks.peek();
  marks.value = others;
}

function begin(): void {
  begun = true;
  marks.value = { ...read(), ...marks.peek() };
  effect(() => {
    const kept = Object.entries(marks.value).slice(-keptMax);
    try {
      localStorage.setItem(key, JSON.stringify(Object.fromEntries(kept)));
    } catch {
      // Kept as long as the page.
    }
  });
  // The list comes from the house now and then, which knows nothing of it.
  effect(() => {
    const list = rooms.value;
    const counted = list?.map(withMark);
    if (counted?.some((room, index) => room !== list?.[index])) rooms.value = counted;
  });
  effect(() => {
    if (visit.value === 'outside') marks.value = {};
  });
}

/** The room with at least as much unread as was marked. */
function withMark(room: Listed): Listed {
  const mark = marks.value[room.id];
  const unread = mark === undefined ? 0 : room.n - mark.n + 1;
  return unread > room.unread ? { ...room, unread } : room;
}

function drawLine(timeline: Timeline, seq: number): void {
  const { log } = timeline;
  const after = log.events.slice(indexOfSeq(log, seq));
  const news = after.filter(({ kind, by }) => kind === 'message' && by.id !== you.peek()?.id);
  const since = after[0]?.at ?? Date.now();
  timeline.fresh.value = { after: seq - 1, count: Math.max(1, news.length), since };
  redraw(timeline);
}

function read(): Record<string, Mark> {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key) ?? '{}');
    if (typeof kept !== 'object' || kept === null) return {};
    return Object.fromEntries(Object.entries(kept).filter(([, mark]) => isMark(mark)));
  } catch {
    return {};
  }
}

function isMark(mark: unknown): mark is Mark {
  const { seq, n } = (mark ?? {}) as Record<string, unknown>;
  return typeof seq === 'number' && typeof n === 'number';
}
