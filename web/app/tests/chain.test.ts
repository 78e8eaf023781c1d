// The replies to a message, beside the room: all of them, or a hole that says so.
import type { ChatEvent, House, Page } from '@teahouse/sdk';
import { beforeEach, expect, test } from 'vitest';
import { loadWords } from '../src/i18n/language.ts';
import { attachHouse, connection, you } from '../src/state/house.ts';
import { makeTimeline } from '../src/state/timeline.ts';
import { type Chain, openChain } from '../src/talk/chain.ts';
import { diceOf, FakeHouse, FakeRoom, lin, message, quiet } from './fakes.ts';

const root = 3;

/** A house that has one chain, and that answers when the test lets it. */
class ChainHouse extends FakeHouse {
  readonly events: ChatEvent[] = [];
  readonly asked: string[] = [];
  readonly waiting: ((fails: boolean) => void)[] = [];
  /** Said, and on their way to the page. */
  coming: ChatEvent[] = [];

  say(target?: number): void {
    const event = message((this.events.at(-1)?.seq ?? 0) + 1);
    if (target !== undefined) event.body.target = target;
    this.events.push(event);
    this.coming.push(event);
  }

  request(_method: string, path: string): Promise<Page> {
    this.asked.push(path.replace(/^.*\/replies/, ''));
    const query = new URLSearchParams(path.split('?')[1]);
    const after = Number(query.get('after') ?? 0);
    const limit = Number(query.get('limit') ?? 50);
    return new Promise((resolve, reject) => {
      this.waiting.push((fails) => {
        if (fails) return reject(new Error('The house did not answer.'));
        const all = this.chain().filter(({ seq }) => seq > after);
        const as_of = this.events.at(-1)?.seq ?? 0;
        const more = all.length > limit;
        resolve({ messages: all.slice(0, limit), states: {}, as_of, more });
      });
    });
  }

  /** The root, what replies to it, and to that, and so on. */
  chain(): ChatEvent[] {
    const inside = new Set([root]);
    for (const { seq, body } of this.events) if (inside.has(body.target ?? 0)) inside.add(seq);
    return this.events.filter(({ seq }) => inside.has(seq));
  }

  async answer(fails = false): Promise<void> {
    this.waiting.shift()?.(fails);
    await quiet();
  }
}

beforeEach(async () => {
  await loadWords('en');
  you.value = lin;
  connection.value = 'live';
});

function begun(count: number) {
  const fake = new ChainHouse();
  attachHouse(fake as unknown as House);
  for (let seq = 1; seq <= root; seq += 1) fake.say();
  for (let reply = 0; reply < count; reply += 1) fake.say(root);
  fake.coming = [];
  const room = new FakeRoom();
  const chain = openChain(makeTimeline(room.asRoom()), root);
  return { fake, room, chain };
}

/** The numbers in the panel; 0 where some are missing. */
function shown({ lines }: Chain): number[] {
  return lines.value.map((row) => (row.type === 'hole' ? 0 : (row.seq ?? -1)));
}

function hole({ lines }: Chain) {
  return lines.value.find((row) => row.type === 'hole');
}

test('two hundred at once, and a hole before what comes by itself until the rest is here', async () => {
  const { fake, room, chain } = begun(450);
  await fake.answer();
  expect(fake.asked).toEqual(['?limit=200']);
  expect(chain.rows.value).toHaveLength(200);
  expect(shown(chain).at(-1)).toBe(0);
  fake.say(root);
  room.arrive(fake.coming.splice(0));
  expect(shown(chain).slice(-3)).toEqual([202, 0, 454]);
  void chain.ask();
  expect(hole(chain)?.state).toBe('loading');
  await fake.answer();
  expect(fake.asked.at(-1)).toBe('?limit=200&after=202');
  expect(shown(chain).slice(-3)).toEqual([402, 0, 454]);
  void chain.ask();
  await fake.answer();
  expect(shown(chain)).toEqual(fake.chain().map(({ seq }) => seq));
});

test('a part that does not come is said, and asked for again', async () => {
  const { fake, chain } = begun(250);
  await fake.answer();
  void chain.ask();
  await fake.answer(true);
  expect(hole(chain)?.state).toBe('failed');
  expect(chain.phase.value).toBe('open');
  void chain.ask();
  await fake.answer();
  expect(shown(chain)).toEqual(fake.chain().map(({ seq }) => seq));
});

test('a reply to one that is not here yet comes with the part that tells whose it is', async () => {
  const { fake, room, chain } = begun(210);
  await fake.answer();
  void chain.ask();
  const [go] = fake.waiting.splice(0);
  go?.(false);
  // Said after that part was read, and here before it.
  fake.say(213);
  room.arrive(fake.coming.splice(0));
  await quiet();
  expect(shown(chain)).toEqual(fake.chain().map(({ seq }) => seq));
});

test('after a loss there is a hole at once, and all of it is read again', async () => {
  const { fake, room, chain } = begun(250);
  await fake.answer();
  void chain.ask();
  await fake.answer();
  expect(hole(chain)).toBeUndefined();
  for (let reply = 0; reply < 260; reply += 1) fake.say(root);
  fake.coming = [];
  room.tell('hole', { from: 513, head: 513, reason: 'behind' });
  expect(shown(chain).slice(-2)).toEqual([253, 0]);
  await fake.answer(true);
  expect(hole(chain)?.state).toBe('failed');
  void chain.ask();
  await fake.answer();
  expect(shown(chain).slice(-2)).toEqual([253, 0]);
  await fake.answer();
  expect(shown(chain).slice(-2)).toEqual([402, 0]);
  void chain.ask();
  await fake.answer();
  expect(shown(chain)).toEqual(fake.chain().map(({ seq }) => seq));
});

test('a log that is void is read from its beginning', async () => {
  const { fake, room, chain } = begun(20);
  await fake.answer();
  fake.events.splice(10);
  room.tell('hole', { from: 10, head: 10, reason: 'reset' });
  expect(chain.phase.value).toBe('loading');
  await fake.answer();
  expect(chain.phase.value).toBe('open');
  expect(shown(chain)).toEqual([3, 4, 5, 6, 7, 8, 9, 10]);
});

/** Nothing that the page was told of is missing but behind a hole, and nothing is there twice. */
function check(chain: Chain, fake: ChainHouse): void {
  if (chain.phase.value !== 'open') return;
  const seqs = chain.rows.value.map(({ seq }) => seq ?? 0);
  expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
  const at = shown(chain).indexOf(0);
  const sure = at === -1 ? Infinity : (shown(chain)[at - 1] ?? 0);
  const told = Math.min(sure, (fake.coming[0]?.seq ?? Infinity) - 1);
  const expected = fake.chain().filter(({ seq }) => seq <= told);
  expect(seqs.filter((seq) => seq <= told)).toEqual(expected.map(({ seq }) => seq));
}

test.each(Array.from({ length: 30 }, (_, index) => index + 1))('run %i', async (seed) => {
  const dice = diceOf(seed);
  const { fake, room, chain } = begun(dice(700));
  const acts = [
    () => fake.say(1 + dice(fake.events.length)),
    () => fake.say(root),
    () => room.arrive(fake.coming.splice(0, dice(30))),
    () => void chain.ask(),
    () => fake.answer(dice(5) === 0),
    () => fake.answer(),
    () => {
      if (dice(6) > 0 || fake.coming.length === 0) return;
      const from = fake.coming.splice(0).at(-1)?.seq ?? 0;
      room.tell('hole', { from, head: from, reason: 'behind' });
    },
  ];
  for (let step = 0; step < 100; step += 1) {
    await acts[dice(acts.length)]?.();
    await quiet();
    check(chain, fake);
  }
  room.arrive(fake.coming.splice(0));
  for (let turn = 0; turn < 30; turn += 1) {
    while (fake.waiting.length > 0) await fake.answer();
    if (hole(chain) !== undefined || chain.phase.value !== 'open') void chain.ask();
  }
  expect(shown(chain)).toEqual(fake.chain().map(({ seq }) => seq));
});
