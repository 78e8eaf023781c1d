import { signal } from '@preact/signals';
import { expect, test, vi } from 'vitest';
import { cleanText, makeTypist, measure, type Press, sends } from '../src/state/composer.ts';

const enter: Press = {
  key: 'Enter',
  shiftKey: false,
  altKey: false,
  ctrlKey: false,
  metaKey: false,
  isComposing: false,
  keyCode: 13,
};

test.each<[string, Partial<Press>, 'auto' | 'always' | 'never', boolean, boolean]>([
  ['a mouse: Enter sends', {}, 'auto', false, true],
  ['a finger: Enter breaks the line', {}, 'auto', true, false],
  ['a finger, always', {}, 'always', true, true],
  ['never', {}, 'never', false, false],
  ['never, with Ctrl', { ctrlKey: true }, 'never', false, true],
  ['never, with Command', { metaKey: true }, 'never', true, true],
  ['Shift breaks the line', { shiftKey: true }, 'always', false, false],
  ['Alt breaks the line', { altKey: true }, 'always', false, false],
  ['during a composition', { isComposing: true }, 'always', false, false],
  ['the late Enter of an input method', { keyCode: 229 }, 'always', false, false],
  ['the late Enter, with Ctrl', { keyCode: 229, ctrlKey: true }, 'always', false, false],
  ['another key', { key: 'a', keyCode: 65 }, 'always', false, false],
])('%s', (_name, change, rule, coarse, expected) => {
  expect(sends({ ...enter, ...change }, rule, coarse)).toBe(expected);
});

test('what is sent has line feeds only, no control characters, no blank ends', () => {
  expect(cleanText('\n\n  a\r\nb\rc\t\u0000\u0085\u200d \n ')).toBe('  a\nb\nc\t\u200d');
  expect(cleanText(' \n\t ')).toBe('');
});

test('the counter appears from nine tenths of the limit, in characters of this text', () => {
  expect(measure('  ')).toEqual({ blank: true, left: undefined });
  expect(measure('a'.repeat(89), 100).left).toBeUndefined();
  expect(measure('a'.repeat(90), 100).left).toBe(10);
  expect(measure('a'.repeat(100), 100).left).toBe(0);
  expect(measure('a'.repeat(101), 100).left).toBe(-1);
  expect(measure('茶'.repeat(30), 99).left).toBe(3);
  expect(measure('茶'.repeat(34), 99).left).toBe(-1);
});

test('typing is told with each key and ends with the text or after a while', () => {
  vi.useFakeTimers();
  const told: boolean[] = [];
  const typist = makeTypist({
    key: '1024',
    context: signal(undefined),
    chosen: new Map(),
    stash: '',
    timeline: { room: { setTyping: (on) => told.push(on) } },
  });
  typist.typed('a');
  typist.typed('ab');
  expect(told).toEqual([true, true]);
  typist.typed('');
  expect(told).toEqual([true, true, false]);
  typist.typed('c');
  vi.advanceTimersByTime(6000);
  expect(told).toEqual([true, true, false, true, false]);
  vi.useRealTimers();
});
