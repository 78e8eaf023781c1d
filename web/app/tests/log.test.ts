import { expect, test } from 'vitest';
import * as logs from '../src/state/log.ts';
import { lin, message, messages } from './fakes.ts';

function seqs(log: logs.RoomLog): number[] {
  return log.events.map((event) => event.seq);
}

test('live events go to the end, each once', () => {
  const log = logs.emptyLog();
  expect(logs.append(log, messages(5, 7))).toBe(3);
  expect(logs.append(log, messages(6, 8))).toBe(1);
  expect(seqs(log)).toEqual([5, 6, 7, 8]);
  expect(log.oldest).toBe(5);
  expect(logs.hasBeginning(log)).toBe(false);
});

test('events of unknown kinds have a number and no row', () => {
  const log = logs.emptyLog();
  expect(logs.append(log, [{ ...message(1), kind: 'tomorrow' }, message(2)])).toBe(1);
  expect(seqs(log)).toEqual([2]);
  expect(logs.hasBeginning(log)).toBe(true);
});

test('a page goes to its place and repeats nothing', () => {
  const log = logs.emptyLog();
  logs.append(log, messages(10, 12));
  expect(logs.insert(log, { messages: messages(5, 10) })).toEqual({ at: 0, count: 5 });
  expect(logs.insert(log, { messages: messages(5, 12) })).toEqual({ at: 0, count: 0 });
  expect(seqs(log)).toEqual([5, 6, 7, 8, 9, 10, 11, 12]);
});

test('behind opens a hole; pages close it from its older side', () => {
  const log = logs.emptyLog();
  logs.append(log, messages(1, 10));
  logs.openHole(log, 100);
  logs.append(log, messages(101, 105));
  const hole = logs.holeBetween(log, 10, 101);
  if (hole === undefined) throw new Error('There is no hole.');
  expect(logs.holeBetween(log, 9, 10)).toBeUndefined();
  expect(logs.holeBetween(log, 101, 102)).toBeUndefined();

  expect(logs.insert(log, { messages: messages(11, 60) })).toEqual({ at: 10, count: 50 });
  logs.shrinkHole(log, hole, messages(11, 60), true, false);
  expect(logs.holeBetween(log, 60, 101)).toBe(hole);
  logs.insert(log, { messages: messages(61, 100) });
  logs.shrinkHole(log, hole, messages(61, 100), false, false);
  expect(log.holes).toEqual([]);
  expect(seqs(log)).toEqual(messages(1, 105).map((event) => event.seq));
});

test('a hole that yields nothing closes: there is nothing to load', () => {
  const log = logs.emptyLog();
  logs.append(log, messages(1, 2));
  logs.openHole(log, 9);
  const [hole] = log.holes;
  if (hole === undefined) throw new Error('There is no hole.');
  logs.shrinkHole(log, hole, [], true, false);
  expect(log.holes).toEqual([]);
});

test('behind that skips nothing is no hole', () => {
  const log = logs.emptyLog();
  logs.append(log, messages(1, 5));
  logs.openHole(log, 5);
  expect(log.holes).toEqual([]);
});

test('reset voids everything and says so at the top', () => {
  const log = logs.emptyLog();
  logs.append(log, messages(1, 5));
  logs.reset(log, 10);
  expect(log.events).toEqual([]);
  expect(logs.holeBetween(log, 0, 11)).toMatchObject({ after: 0, before: 11, reason: 'said' });
  logs.append(log, messages(11, 12));
  const [hole] = log.holes;
  if (hole === undefined) throw new Error('There is no hole.');
  logs.insert(log, { messages: messages(1, 10) });
  logs.shrinkHole(log, hole, messages(1, 10), false, true);
  expect(log.holes).toEqual([]);
  expect(logs.hasBeginning(log)).toBe(true);
});

test('a deleted message keeps its place and loses its text, wherever it comes from', () => {
  const log = logs.emptyLog();
  const gone = (seq: number, target: number) => ({
    ...message(seq),
    kind: 'delete',
    by: lin,
    body: { target },
  });
  logs.append(log, messages(10, 12));
  expect(logs.append(log, [gone(13, 11), gone(14, 5)])).toBe(0);
  expect(log.events.map(({ body }) => body.text)).toEqual(['message 10', undefined, 'message 12']);
  logs.insert(log, { messages: messages(4, 6) });
  expect(log.events.map(({ seq, body }) => [seq, body.text])).toEqual([
    [4, 'message 4'],
    [5, undefined],
    [6, 'message 6'],
    [10, 'message 10'],
    [11, undefined],
    [12, 'message 12'],
  ]);
  expect(log.gone.get(11)).toEqual(lin);
});
