/** A house as an app has it, on a page of its own, before a server in memory. */
import { House, type HouseOptions } from '../../src/house.js';
import { type Keep, memoryKeep } from '../../src/keep.js';
import type { Room } from '../../src/room.js';
import { Page } from './network.js';
import { TestSurroundings } from './script.js';
import { TestServer } from './server.js';
import { seeded, TestClock } from './time.js';

export interface Visit {
  page: Page;
  house: House;
  surroundings: TestSurroundings;
}

/** Opens a page on a house. */
export function visit(
  server: TestServer,
  keep: Keep,
  options: HouseOptions = {},
  page = new Page(server.clock, server),
): Visit {
  const surroundings = new TestSurroundings();
  const house = new House({
    url: 'http://house.test/',
    keep,
    clock: page,
    random: seeded(7),
    surroundings,
    webSocket: page.WebSocket,
    fetch: page.fetch,
    ...options,
  });
  return { page, house, surroundings };
}

/** A server and its clock. */
export function town(rooms?: string[]): { clock: TestClock; server: TestServer } {
  const clock = new TestClock();
  return { clock, server: new TestServer(clock, rooms) };
}

/** The texts in the order in which a room tells them, and everything else it tells. */
export function listen(room: Room): { texts: string[]; told: string[]; batches: number[] } {
  const heard = { texts: [] as string[], told: [] as string[], batches: [] as number[] };
  room.on('events', (events) => {
    heard.batches.push(events.length);
    for (const { body } of events) heard.texts.push(body.text ?? '');
  });
  room.on('hole', ({ reason, from }) => heard.told.push(`${reason} ${from}`));
  room.on('live', (live) => heard.told.push(live ? 'live' : 'not live'));
  return heard;
}

/** Somebody in the room 1024, live. */
export async function inside(keep: Keep = memoryKeep(), before: string[] = []) {
  const { clock, server } = town(['1024', 'tea']);
  for (const text of before) server.post('1024', text);
  const v = visit(server, keep);
  const room = v.house.room('1024');
  const heard = listen(room);
  const opened = room.open(50);
  const entered = v.house.enter('Ada');
  await clock.pass(1_000);
  await Promise.all([opened, entered]);
  return { clock, server, keep, room, heard, ...v };
}
