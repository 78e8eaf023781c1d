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
  expect(logs.insert(log, { messages: messages(5, 10) })).toEqual([{ at: 0, count: 5 }]);
  expect(logs.insert(log, { messages: messages(5, 12) })).toEqual([]);
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

  expect(logs.insert(log, { messages: messages(11, 60) })).toEqual([{ at: 10, count: 50 }]);
  logs.know(log, 11, 60);
  expect(logs.holeBetween(log, 60, 101)).toBe(hole);
  logs.insert(log, { messages: messages(61, 100) });
  logs.know(log, 61, 105);
  expect(log.holes).toEqual([]);
  expect(seqs(log)).toEqual(messages(1, 105).map((event) => event.seq));
});

test('a page with nothing in it says that there is nothing', () => {
  const page = { messages: [], states: {}, as_of: 9, more: false };
  expect(logs.reachOf({ after: 2 }, page)).toEqual([3, 9]);
  expect(logs.reachOf({ before: 8 }, page)).toEqual([1, 7]);
  const log = logs.emptyLog();
  logs.append(log, messages(1, 2));
  logs.openHole(log, 9);
  logs.know(log, 3, 9);
  expect(log.holes).toEqual([]);
  logs.know(log, ...logs.reachOf({ around: 5 }, page));
  expect(log.holes).toEqual([]);
});

test('a page reaches as far as its messages where there are more', () => {
  const page = { messages: messages(4, 6), states: {}, as_of: 9, more: true };
  expect(logs.reachOf({ after: 2 }, page)).toEqual([3, 6]);
  expect(logs.reachOf({ before: 8 }, page)).toEqual([4, 7]);
  expect(logs.reachOf({ around: 5 }, page)).toEqual([4, 6]);
});

test('what is known in the middle of a hole leaves two', () => {
  const log = logs.emptyLog();
  logs.append(log, messages(1, 2));
  logs.openHole(log, 20);
  logs.know(log, 8, 12);
  expect(log.holes).toMatchObject([
    { after: 2, before: 8, reason: 'said' },
    { after: 12, before: 21, reason: 'said' },
  ]);
  logs.know(log, 5, 14);
  expect(log.holes).toMatchObject([{ before: 5 }, { after: 14 }]);
  logs.know(log, 3, 20);
  expect(log.holes).toEqual([]);
});

test('what is known below the oldest leaves a hole, also where it is known in another order', () => {
  const log = logs.emptyLog();
  logs.append(log, messages(100, 102));
  logs.know(log, 10, 20);
  expect(log.oldest).toBe(10);
  expect(log.holes).toMatchObject([{ after: 20, before: 100, reason: 'paging' }]);
  logs.know(log, 90, 99);
  expect(log.holes).toMatchObject([{ after: 20, before: 90 }]);
});

test('a page around what is here already is put on both sides of it', () => {
  const log = logs.emptyLog();
  logs.append(log, messages(20, 21));
  expect(logs.insert(log, { messages: messages(18, 23) })).toEqual([
    { at: 0, count: 2 },
    { at: 4, count: 2 },
  ]);
  expect(seqs(log)).toEqual([18, 19, 20, 21, 22, 23]);
});

test('behind in a room where nothing was said is a hole, too', () => {
  const log = logs.emptyLog();
  logs.know(log, 1);
  logs.openHole(log, 9);
  logs.openHole(log, 12);
  logs.append(log, messages(13, 13));
  expect(log.holes).toMatchObject([
    { after: 0, before: 10 },
    { after: 9, before: 13 },
  ]);
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
  logs.know(log, 1, 10);
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
