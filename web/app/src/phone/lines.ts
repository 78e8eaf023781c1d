// The last lines of the rooms in a phone's list that nobody told: of rooms where only other things happened last, and
// of those that are not followed.
import { effect } from '@preact/signals';
import { connection, house } from '../state/house.ts';
import { isLine, isMine, type Listed, receiveLine, rooms } from '../state/rooms.ts';

/** How far back a line is looked for; what is behind that is not worth asking for again. */
const lookBack = 20;
/** The rooms that are followed tell theirs by themselves. */
const rest_ms = 500;
/** So many rooms are asked for at a time. */
const most = 4;

/** Asks for what is missing, the newest rooms first, until the answer is called. */
export function followLines(): () => void {
  const asked = new Set<string>();
  let asking = 0;
  const ask = async ({ id, head }: Listed) => {
    asked.add(id);
    asking += 1;
    try {
      const page = await house()
        .room(id)
        .history({ before: head + 1, limit: lookBack });
      const last = page.messages.findLast(isLine);
      if (last !== undefined) receiveLine(id, last);
    } catch {
      // The row says its name and its time.
    }
    asking -= 1;
    next();
  };
  const next = () => {
    if (connection.peek() !== 'live') return;
    const bare = missing(rooms.peek() ?? []).filter(({ id }) => !asked.has(id));
    for (const room of bare.slice(0, most - asking)) void ask(room);
  };
  let soon: ReturnType<typeof setTimeout> | undefined;
  const end = effect(() => {
    if (connection.value !== 'live' || rooms.value === undefined) return;
    clearTimeout(soon);
    soon = setTimeout(next, rest_ms);
  });
  return () => {
    clearTimeout(soon);
    end();
  };
}

function missing(list: readonly Listed[]): Listed[] {
  const bare = list.filter((room) => isMine(room) && room.line === undefined && room.n > 0);
  return bare.sort((a, b) => (b.last_at ?? 0) - (a.last_at ?? 0));
}
