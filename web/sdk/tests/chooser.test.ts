/** The rules of docs/protocol.md, *Choosing*: a table, then races in which anything happens. */
import { describe, expect, test } from 'vitest';
import { Chooser, Race } from '../src/chooser.js';
import { TRANSPORTS, type TransportName } from '../src/transport/transport.js';
import { seeded } from './world/time.js';

const ALL = Number.POSITIVE_INFINITY;
const HALF_HOUR_MS = 30 * 60_000;

/** What happens to a race, by the millisecond at which it does; `[]` only lets time pass. */
type Story = [at: number, ...what: string[]][];

/** Runs a race through a story; answers what it opened and dropped, and when. */
function run(race: Race, story: Story, until = 30_000): string[] {
  const told: string[] = [];
  const events = [...story];
  for (let now = 0; now <= until; ) {
    for (;;) {
      const { drop, open } = race.step(now);
      told.push(...drop.map((name) => `${now} drop ${name}`));
      if (!open) break;
      told.push(`${now} open ${open}`);
    }
    if (events[0]?.[0] === now) {
      const [, what, name] = events.shift() as [number, string, TransportName];
      if (what === 'fails') race.failed(name, false, now);
      else if (what === 'mute') race.failed(name, true, now);
      else if (what === 'begins') race.begun(name, now);
      else if (what === 'says') race.said(name);
      continue;
    }
    const next = Math.min(race.step_at, events[0]?.[0] ?? Number.POSITIVE_INFINITY);
    if (race.isOver) return [...told, `${now} over`];
    if (next <= now) throw new Error(`the race stands still at ${now}`);
    now = next;
  }
  return told;
}

describe('a race', () => {
  test.each<[string, TransportName[], boolean, number, Story, string[]]>([
    [
      'begins one beside the other while all hang, and gives each 10 s',
      [...TRANSPORTS],
      false,
      ALL,
      [],
      [
        '0 open websocket',
        '2500 open stream',
        '5000 open long_poll',
        '10000 drop websocket',
        '10000 open poll',
        '12500 drop stream',
        '15000 drop long_poll',
        '20000 drop poll',
        '20000 over',
      ],
    ],
    [
      'goes on at once after a failure',
      [...TRANSPORTS],
      false,
      ALL,
      [[100, 'fails', 'websocket']],
      ['0 open websocket', '100 open stream', '2600 open long_poll', '7600 open poll'],
    ],
    [
      'ends with a failure of the one that worked until now: the server may be starting',
      [...TRANSPORTS],
      false,
      0,
      [[100, 'fails', 'websocket']],
      ['0 open websocket', '100 over'],
    ],
    [
      'tries one more after each attempt that failed',
      [...TRANSPORTS],
      false,
      1,
      [
        [100, 'fails', 'websocket'],
        [200, 'fails', 'stream'],
      ],
      ['0 open websocket', '100 open stream', '200 over'],
    ],
    [
      'leaves the others over HTTP when plain HTTP does not answer',
      [...TRANSPORTS],
      false,
      ALL,
      [
        [100, 'fails', 'websocket'],
        [200, 'mute', 'stream'],
      ],
      ['0 open websocket', '100 open stream', '200 over'],
    ],
    [
      'leaves a stream out that begins and says nothing for 3 s',
      ['stream', 'long_poll'],
      false,
      ALL,
      [[50, 'begins', 'stream']],
      ['0 open stream', '2500 open long_poll', '3050 drop stream'],
    ],
    [
      'without a token opens the next only when the one before is given up',
      ['websocket', 'poll'],
      true,
      ALL,
      [],
      [
        '0 open websocket',
        '2500 drop websocket',
        '2500 open poll',
        '12500 drop poll',
        '12500 over',
      ],
    ],
    [
      'without a token waits for the answer of a hello that is on its way',
      ['websocket', 'poll'],
      true,
      ALL,
      [[2_400, 'says', 'websocket']],
      ['0 open websocket', '10000 drop websocket', '10000 open poll'],
    ],
  ])('%s', (_, order, oneHello, falls, story, expected) => {
    const told = run(new Race(order, oneHello, falls, 0), story);
    expect(told.slice(0, expected.length)).toEqual(expected);
    if (expected.at(-1)?.endsWith('over')) expect(told).toHaveLength(expected.length);
  });

  test('without a token never says hello twice at a time; each is opened once; it ends', () => {
    for (let seed = 1; seed <= 2_000; seed += 1) {
      const random = seeded(seed);
      const oneHello = random() < 0.5;
      const order = TRANSPORTS.filter(() => random() < 0.8);
      const race = new Race(order, oneHello, Math.floor(random() * 5), 0);
      const opened: TransportName[] = [];
      let under_way: TransportName[] = [];
      let now = 0;
      while (!race.isOver) {
        const { drop, open } = race.step(now);
        under_way = under_way.filter((name) => !drop.includes(name));
        if (open) {
          opened.push(open);
          under_way.push(open);
          continue;
        }
        expect(under_way.length, `seed ${seed}`).toBeLessThanOrEqual(oneHello ? 1 : 4);
        const one = under_way[Math.floor(random() * under_way.length)];
        const dice = random();
        if (one && dice < 0.2) {
          race.failed(one, random() < 0.5, now);
          under_way = under_way.filter((name) => name !== one);
        } else if (one && dice < 0.4) race.said(one);
        else if (one && dice < 0.5) race.begun(one, now);
        if (!race.isOver) now = Math.max(now, Math.min(race.step_at, now + random() * 3_000));
        expect(now, `seed ${seed} ends`).toBeLessThan(45_000);
      }
      expect(new Set(opened).size, `seed ${seed}`).toBe(opened.length);
    }
  });
});

/** A chooser with a memory, and what it keeps. */
function chooser(names: readonly TransportName[] = TRANSPORTS, recalled: string | null = null) {
  const kept: string[] = [];
  const memory = { recall: () => recalled, keep: (value: string) => kept.push(value) };
  return { chooser: new Chooser(names, memory, () => 0), kept };
}

/** What an attempt would open, from the first to the last. */
function order(c: Chooser, now: number, hasToken = true): string {
  return c.attempt(hasToken, now).order.join(' ');
}

const BEST_FIRST = 'websocket stream long_poll poll';

describe('the chooser', () => {
  test('begins with the best', () => {
    expect(order(chooser().chooser, 0)).toBe(BEST_FIRST);
    expect(order(chooser(['poll', 'stream']).chooser, 0)).toBe('stream poll');
  });

  test('gets a guest its token by what is answered whole', () => {
    expect(order(chooser().chooser, 0, false)).toBe('websocket poll');
    expect(order(chooser(TRANSPORTS, 'stream 0').chooser, 0, false)).toBe('poll');
    expect(order(chooser(['stream']).chooser, 0, false)).toBe('stream');
    expect(order(chooser(['websocket']).chooser, 0, false)).toBe('websocket');
  });

  test('remembers the winner for 30 minutes', () => {
    const { chooser: c, kept } = chooser();
    c.won('long_poll', c.attempt(true, 0), 1_000);
    expect(kept).toEqual(['long_poll 1000']);
    expect(order(c, HALF_HOUR_MS)).toBe('long_poll poll websocket stream');
    expect(order(c, HALF_HOUR_MS + 1_001)).toBe(BEST_FIRST);
    const later = chooser(TRANSPORTS, 'long_poll 1000').chooser;
    expect(order(later, HALF_HOUR_MS)).toBe('long_poll poll websocket stream');
    expect(order(later, HALF_HOUR_MS + 1_001)).toBe(BEST_FIRST);
  });

  test.each(['nonsense', 'carrier_pigeon 5', ''])('does not care for the memory %j', (recalled) => {
    expect(order(chooser(TRANSPORTS, recalled).chooser, 0)).toBe(BEST_FIRST);
  });

  test('tries a better one at once after a fall, then after 30 s, 1, 2, 4, 5 minutes', () => {
    const { chooser: c } = chooser();
    c.won('stream', c.attempt(true, 0), 0);
    let now = 0;
    const pauses: number[] = [];
    for (let i = 0; i < 7; i += 1) {
      pauses.push(c.try_at - now);
      now = c.try_at;
      expect(c.better('stream', now).order).toEqual(['websocket']);
    }
    expect(pauses).toEqual([0, 30_000, 60_000, 120_000, 240_000, 300_000, 300_000]);
  });

  test('tries a better one 30 s after it came back to what it remembered', () => {
    const { chooser: c } = chooser(TRANSPORTS, 'stream 0');
    c.won('stream', c.attempt(true, 0), 50);
    expect(c.try_at).toBe(30_050);
  });

  test('tries at once when the network changes, but not twice in 30 s', () => {
    const { chooser: c } = chooser(TRANSPORTS, 'stream 0');
    c.won('stream', c.attempt(true, 0), 0);
    c.better('stream', 100_000);
    const { try_at } = c;
    c.changed(110_000);
    expect(c.try_at).toBe(try_at);
    c.changed(130_000);
    expect(c.try_at).toBe(130_000);
  });

  test('has nothing to try where the best one carries', () => {
    const { chooser: c } = chooser();
    c.won('websocket', c.attempt(true, 0), 0);
    c.changed(100_000);
    expect(c.try_at).toBe(Number.POSITIVE_INFINITY);
  });

  test('steps down after three connections in a row that broke within 10 s', () => {
    const { chooser: c } = chooser();
    const live = (ms: number, isBroken = true) => {
      c.won('websocket', c.attempt(true, 0), 0);
      c.lost('websocket', ms, isBroken, 0);
    };
    live(9_999);
    live(9_999);
    live(10_000);
    live(1);
    live(1);
    live(1, false);
    live(1);
    live(1);
    expect(order(c, 0)).toBe(BEST_FIRST);
    live(1);
    expect(order(c, 0)).toBe('stream long_poll poll websocket');
  });

  test('has nowhere to step down to from polling', () => {
    const { chooser: c } = chooser(['poll']);
    for (let i = 0; i < 5; i += 1) {
      c.won('poll', c.attempt(true, 0), 0);
      c.lost('poll', 1, true, 0);
    }
    expect(order(c, 0)).toBe('poll');
  });

  test('a server that restarts demotes nobody: what worked is tried alone at first', () => {
    const { chooser: c } = chooser();
    c.won('websocket', c.attempt(true, 0), 0);
    c.lost('websocket', 60_000, true, 60_000);
    for (const others of [0, 1, 2]) {
      const race = c.attempt(true, 0);
      const story: Story = TRANSPORTS.map((name, i) => [i * 100, 'fails', name]);
      const opened = run(race, story).filter((line) => line.includes('open'));
      expect(opened).toHaveLength(1 + others);
      c.failed();
    }
  });
});
