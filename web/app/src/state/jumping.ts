// Jumping to a message that may not be here yet: what is around it is asked for, and what lies between is a hole.
// Fetched when somebody jumps.
import type { ChatEvent, Page } from '@teahouse/sdk';
import * as logs from './log.ts';
import { jumpToMessage } from './reading.ts';
import { receivePage, type Timeline } from './timeline.ts';
import * as windows from './window.ts';

/** To any message of the room, also one that was not received yet. Says whether it is there. */
export async function jumpTo(timeline: Timeline, seq: number): Promise<boolean> {
  const { log } = timeline;
  const isHere = () => log.events[logs.indexOfSeq(log, seq)]?.seq === seq;
  if (!isHere()) await fetchAround(timeline, seq);
  if (isHere()) jumpToMessage(timeline, seq);
  return isHere();
}

/** To what stands in the list at that number, or next after it, or last. Says whether anything does. */
export async function jumpNear(timeline: Timeline, seq: number): Promise<boolean> {
  const { log } = timeline;
  await fetchAround(timeline, seq);
  const found = log.events[logs.indexOfSeq(log, seq)] ?? log.events.at(-1);
  if (found !== undefined) jumpToMessage(timeline, found.seq);
  return found !== undefined;
}

/** Asks for what is around a number, where that was not received. */
async function fetchAround(timeline: Timeline, seq: number): Promise<void> {
  const { log, room } = timeline;
  const isOlder = () => seq < log.oldest;
  if (!isOlder() && holeAt(log, seq) === undefined) return;
  const page = await room.history({ around: seq, limit: windows.rowsPage }).catch(() => undefined);
  if (page === undefined) return;
  const hole = holeAt(log, seq);
  if (isOlder()) receiveAround(timeline, page);
  else if (hole !== undefined) receiveInside(timeline, page, hole);
}

/** A page from before everything that is here: what lies between is a hole until it is wanted. */
function receiveAround(timeline: Timeline, page: Page): void {
  const { log } = timeline;
  const present = log.oldest;
  const first = page.messages[0]?.seq ?? present;
  const last = page.messages.at(-1)?.seq ?? present;
  receivePage(timeline, page);
  log.oldest = Math.min(present, first);
  if (last + 1 < present)
    log.holes.push({ after: last, before: present, reason: 'paging', state: 'idle' });
}

/** A page from the middle of a hole, which is two then, or none. */
function receiveInside(timeline: Timeline, page: Page, hole: logs.Hole): void {
  const inside = page.messages.filter(({ seq }) => seq > hole.after && seq < hole.before);
  if (inside.length > 0) receivePage(timeline, { ...page, messages: inside });
  splitHole(timeline.log, hole, page.messages);
}

/** The hole that a number lies in. */
function holeAt(log: logs.RoomLog, seq: number): logs.Hole | undefined {
  return log.holes.find((hole) => hole.after < seq && seq < hole.before);
}

/** A page came from the middle of a hole: what it does not reach is still missing, on both sides. */
function splitHole(log: logs.RoomLog, hole: logs.Hole, page: readonly ChatEvent[]): void {
  const first = page[0]?.seq ?? hole.before;
  const last = page.at(-1)?.seq ?? hole.after;
  const sides: logs.Hole[] = [
    { ...hole, before: Math.min(hole.before, first), state: 'idle' },
    { ...hole, after: Math.max(hole.after, last), state: 'idle' },
  ];
  log.holes = [
    ...log.holes.filter((other) => other !== hole),
    ...sides.filter(({ after, before }) => after + 1 < before),
  ];
}
