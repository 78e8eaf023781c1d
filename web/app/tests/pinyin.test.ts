import { expect, test } from 'vitest';
import { fits, fitting, initialsOf } from '../src/text/pinyin.ts';

test.each([
  ['林晓', 'lx'],
  ['欧阳娜娜', 'oynn'],
  ['小满', 'xm'],
  ['茶馆', 'cg'],
  ['Ada Okafor', 'ao'],
  ['1024 聊天室', '1lts'],
  ['Tomás', 't'],
  ['早茶 morning-tea', 'zcmt'],
  ['🍵', ''],
])('%s is %s', (name, initials) => {
  expect(initialsOf(name)).toBe(initials);
});

test('the best fit is the beginning of the name, then of a word, then the initials', () => {
  const ranks = ['林晓', 'Lxbert', 'A lx', 'Flx'].map((name) => fits(name, 'lx'));
  expect(ranks).toEqual([2, 0, 1, 3]);
  expect(fits('Ada', 'lx')).toBeUndefined();
});

test('case, width, accents and the blanks of an unfinished composition do not count', () => {
  expect(fits('Tomás', 'TOMA')).toBe(0);
  expect(fits('Ada Okafor', 'adaok')).toBe(0);
  expect(fits('欧阳娜娜', "o'y n")).toBe(2);
  expect(fits('ＡＤＡ', 'ada')).toBe(0);
});

test('nothing typed is everybody, in their order', () => {
  const names = ['林晓', '老周', 'Ada'];
  expect(fitting(names, '', (name) => name)).toEqual(names);
  expect(fitting(names, 'l', (name) => name)).toEqual(['林晓', '老周']);
});
