import { expect, test } from 'vitest';
import { colourOf, colours } from '../src/text/colour.ts';
import { nameFault, namesNear, suggestNames } from '../src/text/names.ts';

/** Numbers that look random and are the same in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

test('two different suggestions that the door itself would take', () => {
  for (let seed = 0; seed < 500; seed += 1) {
    for (const language of ['en', 'zh'] as const) {
      const names = suggestNames(language, seeded(seed));
      expect(new Set(names).size).toBe(2);
      expect(names.map(nameFault)).toEqual([undefined, undefined]);
      expect(/\p{sc=Han}/u.test(names[0] ?? '')).toBe(language === 'zh');
    }
  }
});

test('a name is neither blank nor over 32 characters as people count them', () => {
  expect(nameFault('  ')).toBe('empty');
  expect(nameFault('茶'.repeat(32))).toBeUndefined();
  expect(nameFault('茶'.repeat(33))).toBe('long');
  expect(nameFault('👩‍👩‍👧‍👦'.repeat(32))).toBeUndefined();
});

test('alternatives to a taken name are not too long themselves', () => {
  expect(namesNear('林晓', seeded(1))).toHaveLength(2);
  expect(namesNear('茶'.repeat(32), seeded(1))).toEqual([]);
});

test('a person has one colour, and the eight are used evenly', () => {
  const count = new Map<string, number>();
  for (let i = 0; i < 8000; i += 1) {
    const colour = colourOf(`0b9d1e6e-7c0a-4c8e-8f5e-${String(i).padStart(12, '0')}`);
    count.set(colour, (count.get(colour) ?? 0) + 1);
  }
  expect(count.size).toBe(colours.length);
  for (const times of count.values()) expect(times).toBeGreaterThan(600);
  expect(colourOf('a')).toBe(colourOf('a'));
});
