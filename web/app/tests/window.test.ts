import { expect, test } from 'vitest';
import * as windows from '../src/state/window.ts';

test('80 rows at the live end', () => {
  expect(windows.windowAtEnd(1000)).toEqual({ start: 920, end: 1000 });
  expect(windows.windowAtEnd(30)).toEqual({ start: 0, end: 30 });
  expect(windows.windowAtEnd(1000, 130)).toEqual({ start: 870, end: 1000 });
});

test('a screen of rows to begin with, and 80 where nobody knows how high it is', () => {
  expect(windows.windowToBegin(1000, 600)).toEqual({ start: 971, end: 1000 });
  expect(windows.windowToBegin(1000, 0)).toEqual({ start: 920, end: 1000 });
  expect(windows.windowToBegin(10, 600)).toEqual({ start: 0, end: 10 });
});

test('upward by 50, at most 240, then the bottom is cut', () => {
  let window = windows.windowAtEnd(1000);
  window = windows.growUp(window);
  expect(window).toEqual({ start: 870, end: 1000 });
  for (let i = 0; i < 3; i += 1) window = windows.growUp(window);
  expect(window).toEqual({ start: 720, end: 960 });
  for (let i = 0; i < 30; i += 1) window = windows.growUp(window);
  expect(window).toEqual({ start: 0, end: 240 });
});

test('downward the same, to the end and not over it', () => {
  let window = { start: 0, end: 240 };
  window = windows.growDown(window, 1000);
  expect(window).toEqual({ start: 50, end: 290 });
  for (let i = 0; i < 30; i += 1) window = windows.growDown(window, 1000);
  expect(window).toEqual({ start: 760, end: 1000 });
});

test('what is put in above moves the window along, what is put in below does not', () => {
  expect(windows.shifted({ start: 0, end: 80 }, 0, 50)).toEqual({ start: 50, end: 130 });
  expect(windows.shifted({ start: 10, end: 80 }, 5, 7)).toEqual({ start: 17, end: 87 });
  expect(windows.shifted({ start: 10, end: 80 }, 80, 7)).toEqual({ start: 10, end: 80 });
  expect(windows.shifted({ start: 10, end: 80 }, 40, 7)).toEqual({ start: 10, end: 87 });
});

test('around a message', () => {
  expect(windows.windowAround(500, 1000)).toEqual({ start: 450, end: 550 });
  expect(windows.windowAround(3, 1000)).toEqual({ start: 0, end: 100 });
  expect(windows.windowAround(990, 1000)).toEqual({ start: 940, end: 1000 });
});
