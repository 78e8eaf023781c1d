import 'fake-indexeddb/auto';
import type { ChatEvent, House } from '@teahouse/sdk';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { loadWords } from '../src/i18n/language.ts';
import { afterChange, endOf, readEnd } from '../src/offline/ends.ts';
import * as kept from '../src/offline/kept.ts';
import { watchOffline } from '../src/offline/watch.ts';
import { attachHouse, connection, ended, lostAt, you } from '../src/state/house.ts';
import { forgetTimelines, scrolled, timelineOf } from '../src/state/reading.ts';
import { rooms } from '../src/state/rooms.ts';
import { lookers, type Timeline } from '../src/state/timeline.ts';
import { visit } from '../src/state/visit.ts';
import {
  ada,
  FakeHouse,
  type FakeRoom,
  item,
  lin,
  listed,
  message,
  messages,
  noon,
  roomView,
} from './fakes.ts';

let fake: FakeHouse;
let detach: () => void;

beforeEach(async () => {
  // A test looks on while the page would have time: nothing here waits for a real clock.
  vi.useFakeTimers({ now: noon, toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  vi.stubGlobal('document', Object.assign(new EventTarget(), { documentElement: {} }));
  await loadWords('en');
  fake = new FakeHouse();
  detach = attachHouse(fake as unknown as House);
  you.value = ada;
  connection.value = 'live';
  visit.value = 'inside';
  ended.value = undefined;
  rooms.value = [listed('1024'), listed('tea')];
});
afterEach(async () => {
  forgetTimelines();
  detach();
  await kept.dropAll();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const teahouse = { you: ada, name: '茶馆', rooms: [listed('1024')], muted: [] };

function ends(id: string, change: Partial<kept.KeptRoom> = {}): kept.KeptRoom {
  const what = { messages: messages(1, 3), states: {}, oldest: 1, head: 3, read: 3 };
  return { id, at: noon, info: roomView(id), ...what, ...change };
}

/** The fake database answers in turns of the real loop. */
async function until<T>(ask: () => T | Promise<T>, is: (found: T) => boolean): Promise<T> {
  for (let turn = 0; turn < 200; turn += 1) {
    const found = await ask();
    if (is(found)) return found;
    await vi.advanceTimersByTimeAsync(100);
    await new Promise(setImmediate);
  }
  throw new Error(`It never became true: ${is}`);
}

function shown(timeline: Timeline): number[] {
  return timeline.rows.value.flatMap((row) =>
    row.type === 'message' && row.seq !== undefined ? [row.seq] : [],
  );
}

test('twenty rooms are kept: those that were opened last', async () => {
  const all = Array.from({ length: 25 }, (_, i) => ends(`room-${i}`, { at: noon - i }));
  await kept.keep(teahouse, all.slice(0, 12));
  await kept.keep(teahouse, all.slice(12));
  const heads = await kept.keptHeads();
  expect([...heads.keys()].sort()).toEqual(
    all
      .slice(0, 20)
      .map(({ id }) => id)
      .sort(),
  );
});

test('what was not opened for a month is not kept', async () => {
  await kept.keep(teahouse, [ends('1024'), ends('old', { at: noon - kept.kept_ms - 1 })]);
  expect([...(await kept.keptHeads()).keys()]).toEqual(['1024']);
});

test('nobody else is shown it, and what somebody else saw goes', async () => {
  await kept.keep(teahouse, [ends('1024')]);
  expect(await kept.keptHouse(lin.id)).toBeUndefined();
  expect(await kept.keptRoom(lin.id, '1024')).toBeUndefined();
  expect((await kept.keptRoom(ada.id, '1024'))?.messages).toHaveLength(3);
  await kept.keep({ ...teahouse, you: lin }, [ends('tea')]);
  expect([...(await kept.keptHeads()).keys()]).toEqual(['tea']);
});

test('a room that is dropped is not amended back', async () => {
  await kept.keep(teahouse, [ends('1024')]);
  await kept.drop('1024');
  await kept.amend('1024', () => ends('1024'));
  expect(await kept.keptRoom(ada.id, '1024')).toBeUndefined();
});

const deletion = (target: number): ChatEvent => ({
  ...message(900),
  kind: 'delete',
  body: { target },
});

test('a deletion leaves neither text nor reactions', () => {
  const states = { '2': { reactions: [{ emoji: '🍵', count: 1, people: [lin] }] } };
  const after = afterChange(ends('1024', { states }), deletion(2));
  expect(after.messages.map(({ body }) => body.text)).toEqual([
    'message 1',
    undefined,
    'message 3',
  ]);
  expect(after.states).toEqual({});
});

test('what the house says of a room anew begins where its page begins', () => {
  const page = { messages: messages(5, 9), as_of: 10, more: true };
  expect(readEnd(listed('tea', { read: 7 }), page)).toMatchObject({ oldest: 5, head: 10, read: 7 });
  expect(readEnd(listed('tea'), { ...page, more: false }).oldest).toBe(1);
});

async function opened(id: string, stored: ChatEvent[]): Promise<Timeline> {
  const room = fake.room(id);
  room.stored = stored;
  const timeline = timelineOf(id);
  room.seq = stored.at(-1)?.seq ?? 0;
  await until(
    () => timeline.phase.peek(),
    (phase) => phase === 'open',
  );
  return timeline;
}

test('the last fifty are the end of a room, and of a room with a hole what follows it', async () => {
  const timeline = await opened('1024', messages(1, 200));
  const end = endOf(timeline);
  expect(end?.messages.map(({ seq }) => seq)).toEqual(messages(151, 200).map(({ seq }) => seq));
  expect(end).toMatchObject({ oldest: 151, head: 200, at: Date.now() });
  timeline.log.holes.push({ after: 190, before: 195, reason: 'said', state: 'idle' });
  expect(endOf(timeline)?.messages.map(({ seq }) => seq)).toEqual([195, 196, 197, 198, 199, 200]);
  connection.value = 'offline';
  lostAt.value = noon - 5000;
  expect(endOf(timeline)?.at).toBe(noon - 5000);
  timeline.phase.value = 'shut';
  expect(endOf(timeline)).toBeUndefined();
});

/** Begins once for all tests, as a page does. */
async function watching(): Promise<void> {
  watchOffline();
  await until(
    () => lookers.size,
    (size) => size > 0,
  );
}

const keptNow = (id: string) => kept.keptRoom(ada.id, id);

test('an open room is kept, also when the connection is lost before it was written', async () => {
  await watching();
  await opened('1024', messages(1, 3));
  fake.room('1024').say([message(4)]);
  connection.value = 'offline';
  lostAt.value = noon;
  const found = await until(() => keptNow('1024'), Boolean);
  expect(found?.messages.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
});

test('a room that one loses is forgotten, and nothing writes it again', async () => {
  await watching();
  const timeline = await opened('1024', messages(1, 3));
  await until(() => keptNow('1024'), Boolean);
  fake.room('1024').say([message(4)]);
  fake.room('1024').tell('shut', 'no_such_room');
  await until(
    () => keptNow('1024'),
    (found) => found === undefined,
  );
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await keptNow('1024')).toBeUndefined();
  expect(timeline.phase.peek()).toBe('shut');
});

test('a room that is not in the list any more is forgotten', async () => {
  await watching();
  await opened('tea', messages(1, 3));
  await until(() => keptNow('tea'), Boolean);
  forgetTimelines();
  rooms.value = [listed('1024')];
  await until(
    () => keptNow('tea'),
    (found) => found === undefined,
  );
});

test('where the house has more than is kept, it is read again, once', async () => {
  rooms.value = [listed('1024', { head: 3 }), listed('tea', { head: 3 })];
  await watching();
  await opened('tea', messages(1, 3));
  await until(() => keptNow('tea'), Boolean);
  forgetTimelines();
  const room = fake.room('tea');
  const change = { kind: 'message' as const, body: {} };
  room.stored = [message(1), { ...message(2), ...change, rev: 4 }, message(3)];
  connection.value = 'reconnecting';
  connection.value = 'live';
  rooms.value = [listed('1024', { head: 3 }), listed('tea', { head: 4 })];
  const found = await until(
    () => keptNow('tea'),
    (kept) => kept?.head === 4,
  );
  expect(found?.messages[1]?.body).toEqual({});
  rooms.value = [listed('1024', { head: 3 }), listed('tea', { head: 5 })];
  await vi.advanceTimersByTimeAsync(10_000);
  expect(room.asked).toEqual([{ before: 5, limit: 50 }]);
});

test.each([4401, 4410, 4200])('the end %i of the connection forgets everything', async (code) => {
  await watching();
  await opened('1024', messages(1, 3));
  await until(() => keptNow('1024'), Boolean);
  fake.room('1024').say([message(4)]);
  ended.value = { code, reason: '' };
  await until(
    () => kept.keptHouse(ada.id),
    (house) => house === undefined,
  );
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await kept.keptHouse(ada.id)).toBeUndefined();
});

/** The page begins without a network: the room says nothing until it comes back. */
function unopened(id: string): { room: FakeRoom; timeline: Timeline; comeBack: () => void } {
  const room = fake.room(id);
  const open = room.open.bind(room);
  let comeBack = () => {};
  room.open = () =>
    new Promise((resolve) => {
      comeBack = () => resolve(open());
    });
  connection.value = 'offline';
  lostAt.value = noon;
  rooms.value = undefined;
  return { room, timeline: timelineOf(id), comeBack: () => comeBack() };
}

test('without a network what was kept is shown with its moment; the house replaces it at once', async () => {
  await watching();
  const pending = item('a'.repeat(32));
  await kept.keep(teahouse, [ends('1024', { messages: messages(11, 60), oldest: 11 })]);
  const { room, timeline, comeBack } = unopened('1024');
  await until(() => timeline.asOf.peek(), Boolean);
  expect(timeline.asOf.peek()).toBe(noon);
  expect(shown(timeline)).toEqual(messages(11, 60).map(({ seq }) => seq));
  await until(() => rooms.peek(), Boolean);
  expect(rooms.peek()?.map(({ id }) => id)).toEqual(['1024']);
  room.tell('outbox', [pending]);
  const seen: number[][] = [];
  timeline.rows.subscribe(() => seen.push(shown(timeline)));
  // One of them was deleted while nobody was here.
  room.stored = messages(1, 62).filter(({ seq }) => seq !== 60);
  connection.value = 'live';
  comeBack();
  await until(
    () => timeline.phase.peek(),
    (phase) => phase === 'open',
  );
  expect(timeline.asOf.peek()).toBeUndefined();
  expect(shown(timeline).slice(-3)).toEqual([59, 61, 62]);
  expect(new Set(seen.map((seqs) => seqs.at(-1)))).toEqual(new Set([60, 62]));
  expect(seen.every((seqs) => seqs.length > 0)).toBe(true);
});

test('an empty room that was kept is shown once', async () => {
  await watching();
  await kept.keep(teahouse, [ends('1024', { messages: [], head: 0 })]);
  const { timeline } = unopened('1024');
  await until(() => timeline.asOf.peek(), Boolean);
  const drawn = timeline.changed.peek();
  await vi.advanceTimersByTimeAsync(5000);
  expect(timeline.changed.peek()).toBe(drawn);
});

test('who reads above stays at that row when the house replaces what was kept', async () => {
  await watching();
  await kept.keep(teahouse, [ends('1024', { messages: messages(1, 50) })]);
  const { room, timeline, comeBack } = unopened('1024');
  await until(() => timeline.asOf.peek(), Boolean);
  scrolled(timeline, { below: 3000, above: 400, view: 800 });
  room.stored = messages(1, 60);
  connection.value = 'live';
  comeBack();
  await until(
    () => timeline.phase.peek(),
    (phase) => phase === 'open',
  );
  expect(timeline.hold).toBe(true);
  // The list is drawn, and says where the reader is.
  scrolled(timeline, timeline.place);
  await until(
    () => shown(timeline).length,
    (count) => count === 60,
  );
  expect(shown(timeline)).toEqual(messages(1, 60).map(({ seq }) => seq));
});
