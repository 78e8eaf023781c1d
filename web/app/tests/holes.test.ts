// Whatever is asked at the same time, and in whatever order the answers come: what is missing is a hole, never silent,
// and nothing is there twice or in another order. Each run is the dice of one number, so that it can be run again.
import type { ChatEvent, HistoryRange, Page } from '@teahouse/sdk';
import { beforeEach, expect, test } from 'vitest';
import { loadWords } from '../src/i18n/language.ts';
import { connection, you } from '../src/state/house.ts';
import { jumpTo } from '../src/state/jumping.ts';
import * as logs from '../src/state/log.ts';
import { appear, fillHole, follow, loadOlder, open, scrolled } from '../src/state/reading.ts';
import { makeTimeline, type Timeline } from '../src/state/timeline.ts';
import { followGaps } from '../src/talk/gaps.ts';
import { diceOf, FakeRoom, lin, message, quiet } from './fakes.ts';

beforeEach(async () => {
  await loadWords('en');
  you.value = lin;
  connection.value = 'live';
});

/** A room whose answers, and whose events, wait until the test lets them go. */
class SlowRoom extends FakeRoom {
  readonly waiting: (() => void)[] = [];
  /** Said, and on their way here. */
  coming: ChatEvent[] = [];

  override history(range: HistoryRange): Promise<Page> {
    return new Promise((resolve) => {
      this.waiting.push(() => {
        const as_of = this.stored.at(-1)?.seq ?? 0;
        void super.history(range).then((page) => resolve({ ...page, as_of }));
      });
    });
  }

  /** An event with the next number, of a kind by chance: some have no row. */
  sayOne(kind: string): void {
    const event = message((this.stored.at(-1)?.seq ?? 0) + 1);
    const body = kind === 'reaction' ? { target: 1, emoji: '🍵' } : event.body;
    this.stored.push({ ...event, kind, body });
    this.coming.push({ ...event, kind, body });
  }

  deliver(count: number): void {
    this.arrive(this.coming.splice(0, count));
  }

  /** Too much came, or the log here is void: the house goes on after all of it. */
  goOn(reason: 'behind' | 'reset'): void {
    const from = this.stored.at(-1)?.seq ?? 0;
    if (reason === 'behind' && this.coming.length === 0) return;
    this.coming = [];
    this.head = from;
    this.tell('hole', { from, head: from, reason });
  }
}

/** Numbers that have a row and neither stand in the list nor lie in a hole of it. */
function silent({ log }: Timeline, { stored, coming }: SlowRoom): number[] {
  const here = new Set(log.events.map(({ seq }) => seq));
  const told = (coming[0]?.seq ?? Infinity) - 1;
  return stored
    .filter(({ seq, kind }) => kind === 'message' && seq <= told && !here.has(seq))
    .map(({ seq }) => seq)
    .filter((seq) => {
      const index = logs.indexOfSeq(log, seq);
      const previous = log.events[index - 1]?.seq ?? 0;
      const next = log.events[index]?.seq ?? Infinity;
      const isAbove = previous === 0 && !logs.hasBeginning(log);
      return !isAbove && logs.holeBetween(log, previous, next) === undefined;
    });
}

function check(timeline: Timeline, room: SlowRoom): void {
  const { log, window } = timeline;
  const seqs = log.events.map(({ seq }) => seq);
  expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
  expect(silent(timeline, room)).toEqual([]);
  expect(0 <= window.start && window.start <= window.end && window.end <= seqs.length).toBe(true);
}

/** A room of up to 900 events that was opened somewhere in the middle of them. */
async function begun(dice: (sides: number) => number) {
  const room = new SlowRoom();
  for (let count = dice(900); count > 0; count -= 1) room.sayOne(kindBy(dice));
  room.coming = [];
  room.readMark = dice(room.stored.length + 1);
  const timeline = makeTimeline(room.asRoom());
  const ends = [follow(timeline), followGaps(timeline)];
  appear(timeline);
  if (dice(4) === 0) void jumpTo(timeline, 1 + dice(900));
  const opening = open(timeline);
  await quiet();
  while (timeline.phase.value !== 'open') {
    answer(room, dice);
    await quiet();
  }
  await opening;
  return { room, timeline, ends };
}

function kindBy(dice: (sides: number) => number): string {
  return dice(8) === 0 ? 'reaction' : 'message';
}

function answer(room: SlowRoom, dice: (sides: number) => number): void {
  if (room.waiting.length > 0) room.waiting.splice(dice(room.waiting.length), 1)[0]?.();
}

/** What people and houses do. */
function act(timeline: Timeline, room: SlowRoom, dice: (sides: number) => number): void {
  const { holes } = timeline.log;
  const hole = holes[dice(Math.max(1, holes.length))];
  switch (dice(9)) {
    case 0:
      return void jumpTo(timeline, 1 + dice(room.stored.length + 1));
    case 1:
      if (!logs.hasBeginning(timeline.log) && timeline.older.value === 'idle')
        void loadOlder(timeline);
      return;
    case 2:
      return hole && void fillHole(timeline, hole);
    case 3:
      return scrolled(timeline, { below: dice(2) * 3000, above: dice(2) * 4000, view: 800 });
    case 4:
      for (let count = dice(70); count > 0; count -= 1) room.sayOne(kindBy(dice));
      return;
    case 5:
      return room.deliver(dice(80));
    case 6:
      return dice(4) === 0 ? room.goOn(dice(4) === 0 ? 'reset' : 'behind') : undefined;
    default:
      return answer(room, dice);
  }
}

/** Everything that is missing is asked for, as somebody does who looks everywhere. */
async function readWhole(timeline: Timeline, room: SlowRoom): Promise<void> {
  room.deliver(room.coming.length);
  for (let turn = 0; turn < 400; turn += 1) {
    while (room.waiting.length > 0) {
      room.waiting.shift()?.();
      await quiet();
      check(timeline, room);
    }
    const [hole] = timeline.log.holes;
    if (hole !== undefined) void fillHole(timeline, hole);
    else if (!logs.hasBeginning(timeline.log)) void loadOlder(timeline);
    else return;
    await quiet();
  }
}

test.each(Array.from({ length: 120 }, (_, index) => index + 1))('run %i', async (seed) => {
  const dice = diceOf(seed);
  const { room, timeline, ends } = await begun(dice);
  check(timeline, room);
  for (let step = 0; step < 60; step += 1) {
    act(timeline, room, dice);
    await quiet();
    check(timeline, room);
  }
  await readWhole(timeline, room);
  const all = room.stored.filter(({ kind }) => kind === 'message').map(({ seq }) => seq);
  expect(timeline.log.events.map(({ seq }) => seq)).toEqual(all);
  for (const end of ends) end();
});

test('a jump and the page before the oldest message, asked at the same time', async () => {
  const room = new SlowRoom();
  for (let count = 0; count < 600; count += 1) room.sayOne('message');
  room.coming = [];
  const timeline = makeTimeline(room.asRoom());
  follow(timeline);
  await open(timeline);
  const jump = jumpTo(timeline, 100);
  const older = loadOlder(timeline);
  for (const go of room.waiting.splice(0)) {
    go();
    await quiet();
  }
  await Promise.all([jump, older]);
  expect(timeline.log.holes).toMatchObject([{ after: 124, before: 471 }]);
  expect(timeline.rows.value.filter(({ type }) => type === 'hole')).toHaveLength(1);
});
