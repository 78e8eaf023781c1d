// Jumping to a message that may not be here yet: what is around it is asked for, and what lies between is a hole.
// Fetched when somebody jumps.
import * as logs from './log.ts';
import { jumpToMessage } from './reading.ts';
import { receivePage, type Timeline } from './timeline.ts';
import * as windows from './window.ts';

/** To any message of the room, also one that was not received yet. Says whether it is there. */
export async function jumpTo(timeline: Timeline, seq: number): Promise<boolean> {
  const isHere = () => logs.messageAt(timeline.log, seq) !== undefined;
  if (!isHere()) await fetchAround(timeline, seq);
  if (isHere()) jumpToMessage(timeline, seq);
  return isHere();
}

/** To what stands in the list at that number, or next after it, or last. Says whether anything does. */
export async function jumpNear(timeline: Timeline, seq: number): Promise<boolean> {
  await fetchAround(timeline, seq);
  const { log } = timeline;
  const found = log.events[logs.indexOfSeq(log, seq)] ?? log.events.at(-1);
  if (found !== undefined) jumpToMessage(timeline, found.seq);
  return found !== undefined;
}

/** Asks for what is around a number, where that was not received. */
async function fetchAround(timeline: Timeline, seq: number): Promise<void> {
  const { log, room } = timeline;
  if (!isMissing(log, seq)) return;
  const asked = { around: seq, limit: windows.rowsPage };
  const page = await room.history(asked).catch(() => undefined);
  if (page !== undefined) receivePage(timeline, asked, page);
}

/** Was that number not received yet? */
function isMissing({ oldest, holes }: logs.RoomLog, seq: number): boolean {
  return seq < oldest || holes.some(({ after, before }) => after < seq && seq < before);
}
