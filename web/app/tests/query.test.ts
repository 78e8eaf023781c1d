import { expect, test } from 'vitest';
import {
  dayFrom,
  dayText,
  isBlank,
  isDaysOnly,
  readTyped,
  understand,
  withFilter,
  withoutFilter,
  writeTyped,
} from '../src/search/query.ts';

const names = {
  personNamed: (name: string) =>
    name === 'Ada Okafor' ? 'p1' : name === '林晓' ? 'p2' : undefined,
  roomNamed: (name: string) => (name === '早茶' ? 'r1' : undefined),
};

test('filters are taken out of the words, wherever they stand', () => {
  expect(readTyped('茶馆 from:"Ada Okafor" in:早茶 见面')).toEqual({
    words: '茶馆 见面',
    filters: [
      { name: 'from', value: 'Ada Okafor' },
      { name: 'in', value: '早茶' },
    ],
  });
  expect(readTyped('FROM：林晓 Has:File').filters).toEqual([
    { name: 'from', value: '林晓' },
    { name: 'has', value: 'File' },
  ]);
});

test('what is no filter is a word', () => {
  expect(readTyped('http://a.b login:x from: in')).toEqual({
    words: 'http://a.b login:x from: in',
    filters: [],
  });
  expect(readTyped('therefrom:x').filters).toEqual([]);
  expect(readTyped('from:"open').filters).toEqual([{ name: 'from', value: 'open' }]);
});

test('the text that says it leads back to it', () => {
  for (const text of ['tea', 'from:"Ada Okafor" tea', 'in:早茶 has:link has:code a b', ''])
    expect(readTyped(writeTyped(readTyped(text)))).toEqual(readTyped(text));
});

test('one filter of a name, several of what it has', () => {
  const typed = withFilter(withFilter(readTyped('from:a tea'), 'from', 'b'), 'has', 'link');
  expect(writeTyped(withFilter(typed, 'has', 'code'))).toBe('from:b has:link has:code tea');
  expect(writeTyped(withFilter(typed, 'has', 'link'))).toBe('from:b has:link tea');
  expect(writeTyped(withoutFilter(typed, { name: 'from', value: 'b' }))).toBe('has:link tea');
});

test('what the house is asked', () => {
  const typed = readTyped(
    'from:"@Ada Okafor" in:#早茶 after:2026-10-01 before:2026-11-03 has:image 茶',
  );
  expect(understand(typed, names)).toEqual({
    asked: {
      q: '茶',
      from: 'p1',
      in: 'r1',
      after: new Date(2026, 9, 1).getTime(),
      before: new Date(2026, 10, 3).getTime(),
      has: ['image'],
    },
    said: typed.filters,
    unknown: [],
  });
});

test('what means nothing is said, not dropped in silence', () => {
  const typed = readTyped('from:nobody in:nowhere before:soon has:soul tea');
  const { asked, unknown } = understand(typed, names);
  expect(asked).toEqual({ q: 'tea' });
  expect(unknown.map(({ name }) => name)).toEqual(['from', 'in', 'before', 'has']);
  expect(isBlank(understand(readTyped(' '), names))).toBe(true);
  expect(isBlank(understand(readTyped('has:file'), names))).toBe(false);
  expect(isDaysOnly(understand(readTyped('after:2026-11-01'), names))).toBe(true);
  expect(isDaysOnly(understand(readTyped('after:2026-11-01 tea'), names))).toBe(false);
  expect(isDaysOnly(understand(readTyped('after:2026-11-01 has:file'), names))).toBe(false);
});

test('days in the ways that people write them', () => {
  const day = new Date(2026, 10, 3).getTime();
  for (const text of ['2026-11-03', '2026/11/3', '2026.11.03', '2026年11月3日'])
    expect(dayFrom(text)).toBe(day);
  expect(dayFrom('2026-11')).toBe(new Date(2026, 10, 1).getTime());
  expect(dayFrom('2026年')).toBe(new Date(2026, 0, 1).getTime());
  for (const text of ['2026-02-30', '2026-13', 'yesterday', '11-03', ''])
    expect(dayFrom(text)).toBeUndefined();
  expect(dayText(day)).toBe('2026-11-03');
});
