import { beforeEach, expect, test } from 'vitest';
import { loadWords } from '../src/i18n/language.ts';
import { connection, you } from '../src/state/house.ts';
import {
  appear,
  disappear,
  follow,
  jumpToEnd,
  jumpToNew,
  open,
  readAll,
  scrolled,
  settle,
} from '../src/state/reading.ts';
import { attentive } from '../src/state/screen.ts';
import { makeTimeline, type Place, reachesEnd, type Timeline } from '../src/state/timeline.ts';
import { FakeRoom, item, lin, messages, quiet } from './fakes.ts';

const atEnd: Place = { below: 0, above: 4000, view: 800 };
const farUp: Place = { below: 3000, above: 4000, view: 800 };

beforeEach(async () => {
  await loadWords('en');
  you.value = lin;
  connection.value = 'live';
  attentive.value = true;
});

async function opened(stored = messages(1, 300), change: (room: FakeRoom) => void = () => {}) {
  const room = new FakeRoom();
  room.stored = stored;
  change(room);
  const timeline = makeTimeline(room.asRoom());
  follow(timeline);
  appear(timeline);
  await open(timeline);
  scrolled(timeline, atEnd);
  return { room, timeline };
}

function shown(timeline: Timeline): number[] {
  return timeline.rows.value.flatMap((row) =>
    row.type === 'message' && row.seq !== undefined ? [row.seq] : [],
  );
}

test('a room opens at its end with 80 rows and is read', async () => {
  const { room, timeline } = await opened();
  expect(timeline.phase.value).toBe('open');
  expect(shown(timeline)).toEqual(messages(221, 300).map((event) => event.seq));
  expect(room.marked).toEqual([300]);
});

test('at the end messages enter at once, are read, and the top is cut', async () => {
  const { room, timeline } = await opened();
  room.say(messages(301, 305));
  expect(shown(timeline)).toHaveLength(80);
  expect(shown(timeline).at(-1)).toBe(305);
  expect(room.marked.at(-1)).toBe(305);
  expect(timeline.unseen.value).toBe(0);
});

test('while reading above, nothing enters the page; the pill counts', async () => {
  const { room, timeline } = await opened();
  scrolled(timeline, farUp);
  const before = timeline.rows.value;
  room.say(messages(301, 1300));
  room.say(messages(1301, 1301, lin));
  expect(timeline.rows.value).toEqual(before);
  expect(timeline.near.value).toBe(false);
  expect(timeline.unseen.value).toBe(1000);
  expect(room.marked).toEqual([300]);
});

test('coming near the end lets them in only when the scrolling has settled', async () => {
  const { room, timeline } = await opened();
  scrolled(timeline, farUp);
  room.say(messages(301, 320));
  timeline.settled = false;
  scrolled(timeline, { ...farUp, below: 500 });
  expect(shown(timeline).at(-1)).toBe(300);
  settle(timeline);
  expect(shown(timeline).at(-1)).toBe(320);
  expect(timeline.hold).toBe(true);
});

test('near the end but scrolling, a message waits', async () => {
  const { room, timeline } = await opened();
  timeline.settled = false;
  scrolled(timeline, { ...atEnd, below: 300 });
  room.say(messages(301, 301));
  expect(shown(timeline).at(-1)).toBe(300);
  settle(timeline);
  expect(shown(timeline).at(-1)).toBe(301);
});

test('the pill goes to the end: 80 rows, everything seen and read', async () => {
  const { room, timeline } = await opened();
  scrolled(timeline, farUp);
  room.say(messages(301, 500));
  jumpToEnd(timeline);
  expect(shown(timeline)).toEqual(messages(421, 500).map((event) => event.seq));
  expect(timeline.unseen.value).toBe(0);
  expect(timeline.jump.value).toEqual({ to: 'end' });
  expect(room.marked.at(-1)).toBe(500);
});

test('where the list stands before a jump is drawn is not where the reader is', async () => {
  const { room, timeline } = await opened();
  scrolled(timeline, farUp);
  jumpToEnd(timeline);
  scrolled(timeline, farUp);
  room.say(messages(301, 301));
  expect(shown(timeline).at(-1)).toBe(301);
  expect(timeline.unseen.value).toBe(0);
});

test('nothing is read while nobody looks', async () => {
  const { room, timeline } = await opened();
  attentive.value = false;
  room.say(messages(301, 303));
  expect(room.marked).toEqual([300]);
  attentive.value = true;
  scrolled(timeline, atEnd);
  expect(room.marked.at(-1)).toBe(303);
});

test('scrolling up asks for one page at a time until the beginning is there', async () => {
  const { room, timeline } = await opened();
  const near: Place = { below: 3000, above: 100, view: 800 };
  scrolled(timeline, near);
  scrolled(timeline, near);
  expect(room.asked).toEqual([{ before: 221, limit: 50 }]);
  for (let i = 0; i < 20; i += 1) {
    await quiet();
    scrolled(timeline, near);
  }
  await quiet();
  expect(shown(timeline)[0]).toBe(1);
  expect(shown(timeline).length).toBeLessThanOrEqual(240);
  expect(timeline.rows.value[0]?.type).toBe('born');
  const requests = room.asked.length;
  scrolled(timeline, near);
  expect(room.asked).toHaveLength(requests);
});

test('a page that does not come is said, and not asked for again by itself', async () => {
  const { room, timeline } = await opened();
  room.failsHistory = true;
  const near: Place = { below: 3000, above: 100, view: 800 };
  scrolled(timeline, near);
  await quiet();
  expect(timeline.older.value).toBe('failed');
  scrolled(timeline, near);
  expect(room.asked).toHaveLength(1);
});

test('the new line: fixed when the room was opened', async () => {
  const { room, timeline } = await opened(messages(1, 300), (made) => {
    made.readMark = 295;
  });
  expect(timeline.fresh.value).toMatchObject({ after: 295, count: 5 });
  room.say(messages(301, 302));
  expect(timeline.fresh.value).toMatchObject({ after: 295, count: 5 });
  expect(timeline.rows.value.filter((row) => row.type === 'new')).toHaveLength(1);
});

test('a newcomer has no new line', async () => {
  const { timeline } = await opened();
  expect(timeline.fresh.value).toBeUndefined();
});

test('a mark far above: the count is true, and what lies between is fetched when it is near', async () => {
  const { room, timeline } = await opened(messages(1, 600), (made) => {
    made.readMark = 100;
  });
  expect(timeline.fresh.value).toMatchObject({ after: 100, count: 500 });
  expect(room.asked).toEqual([{ after: 100, limit: 50 }]);
  expect(timeline.log.holes).toMatchObject([{ after: 150, before: 521, reason: 'paging' }]);
  jumpToNew(timeline);
  expect(shown(timeline)).toContain(101);
  expect(timeline.rows.value.some((row) => row.type === 'new')).toBe(true);
  expect(reachesEnd(timeline)).toBe(false);
  readAll(timeline);
  expect(room.marked.at(-1)).toBe(600);
  expect(timeline.fresh.value).toBeUndefined();
});

test('behind is drawn as a hole, reset voids what was received', async () => {
  const { room, timeline } = await opened();
  room.tell('hole', { from: 900, head: 1000, reason: 'behind' });
  room.arrive(messages(901, 905));
  expect(timeline.rows.value.filter((row) => row.type === 'hole')).toHaveLength(1);
  room.tell('hole', { from: 20, head: 22, reason: 'reset' });
  room.arrive(messages(21, 22));
  expect(shown(timeline)).toEqual([21, 22]);
  expect(timeline.rows.value[0]?.type).toBe('hole');
});

test('the outbox is drawn as it is told', async () => {
  const { room, timeline } = await opened();
  room.tell('outbox', [item('a')]);
  expect(timeline.rows.value.at(-1)).toMatchObject({ key: 'a', by: lin });
  room.tell('outbox', []);
  expect(timeline.rows.value.at(-1)).toMatchObject({ seq: 300 });
});

test('an empty room is open, at its beginning, and asks for nothing', async () => {
  const { room, timeline } = await opened([]);
  scrolled(timeline, { below: 0, above: 0, view: 800 });
  expect(timeline.rows.value.map((row) => row.type)).toEqual(['born']);
  expect(room.asked).toEqual([]);
});

test('what comes while the list is not on the page is unread, and new when it comes back', async () => {
  const { room, timeline } = await opened();
  disappear(timeline);
  room.say(messages(301, 303));
  expect(room.marked).toEqual([300]);
  appear(timeline);
  await quiet();
  expect(timeline.fresh.value).toMatchObject({ after: 300, count: 3 });
  scrolled(timeline, atEnd);
  expect(room.marked.at(-1)).toBe(303);
  disappear(timeline);
  expect(timeline.fresh.value).toBeUndefined();
});

test('a room whose tail is not there after opening is filled from its history', async () => {
  const { room, timeline } = await opened(messages(1, 300), (made) => {
    made.open = async () => {
      made.head = 300;
      made.live = true;
    };
  });
  await quiet();
  expect(room.asked[0]).toEqual({ before: 301, limit: 50 });
  expect(shown(timeline).at(-1)).toBe(300);
});

test('a tail of other events than messages does not leave the page empty', async () => {
  const others = messages(101, 300).map((event) => ({ ...event, kind: 'room' }));
  const { timeline } = await opened([...messages(1, 100), ...others]);
  await quiet();
  expect(shown(timeline).length).toBeGreaterThan(0);
});
