import { describe, expect, test } from 'vitest';
import { Cursor } from '../src/cursor.js';

const at = (seq: number) => new Cursor('5feceb66', seq, 'd4735e3a');

describe('offer', () => {
  test.each([
    [0, 1, 'deliver'],
    [0, 2, 'gap'],
    [0, 0, 'duplicate'],
    [7, 6, 'duplicate'],
    [7, 7, 'duplicate'],
    [7, 8, 'deliver'],
    [7, 9, 'gap'],
    [7, Number.MAX_SAFE_INTEGER, 'gap'],
    [Number.MAX_SAFE_INTEGER - 1, Number.MAX_SAFE_INTEGER, 'deliver'],
  ])('at %i, %i is %s', (cursor, seq, offer) => {
    expect(at(cursor).offer(seq)).toBe(offer);
  });
});

test('apply goes on and takes the check from the cid', () => {
  const cursor = at(0);
  cursor.apply({ seq: 1, cid: '16eee03f59718b9b5d03aaaa0a1b2c3d' });
  expect(String(cursor)).toBe('5feceb66.1.0a1b2c3d');
});

test.each([0, 2])('apply refuses an event that was not to be delivered: %i', (seq) => {
  expect(() => at(0).apply({ seq, cid: '' })).toThrow(RangeError);
});

test.each([
  '0',
  '',
  '5feceb66.1',
  '5feceb66.x.d4735e3a',
  '5FECEB66.1.d4735e3a',
  '5feceb66.-1.d4735e3a',
  '5feceb66.9999999999999999.d4735e3a',
  ' 5feceb66.1.d4735e3a',
])('parse does not take %j', (text) => {
  expect(Cursor.parse(text)).toBeUndefined();
});
