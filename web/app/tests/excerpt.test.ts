import { expect, test } from 'vitest';
import { excerpt } from '../src/search/excerpt.ts';

test('what matched is marked', () => {
  expect(excerpt('我们在茶馆见面', [[3, 5]])).toEqual([
    { text: '我们在', marked: false },
    { text: '茶馆', marked: true },
    { text: '见面', marked: false },
  ]);
  expect(excerpt('tea', [[0, 3]])).toEqual([{ text: 'tea', marked: true }]);
  expect(excerpt('', [])).toEqual([]);
});

test('a long text is shown where it matched, and nothing of it is lost or doubled', () => {
  const text = `${'x'.repeat(500)}tea${'y'.repeat(500)}`;
  const pieces = excerpt(text, [[500, 503]]);
  expect(pieces.at(0)?.text).toBe('…');
  expect(pieces.at(-1)?.text).toBe('…');
  expect(pieces.find(({ marked }) => marked)?.text).toBe('tea');
  expect(text).toContain(
    pieces
      .slice(1, -1)
      .map((piece) => piece.text)
      .join(''),
  );
});

test('marks that overlap or reach beyond the text do no harm', () => {
  for (const marks of [
    [
      [0, 4],
      [2, 6],
    ],
    [[4, 99]],
    [[90, 99]],
    [[2, 2]],
  ] as [number, number][][])
    expect(
      excerpt('abcdef', marks)
        .map((piece) => piece.text)
        .join(''),
    ).toBe('abcdef');
});

test('no character is cut in half', () => {
  const text = `${'🍵'.repeat(200)}tea`;
  for (const piece of excerpt(text, [[400, 403]])) expect(piece.text.isWellFormed()).toBe(true);
});
