import { expect, test } from 'vitest';
import { countGraphemes, firstGrapheme, isLargeEmoji, isLong, langOf } from '../src/text/shape.ts';

test.each([
  ['🍵', true],
  ['🍵 🫖 🥮', true],
  ['👩‍👩‍👧‍👦👍🏽🇨🇳', true],
  ['❤️', true],
  ['🍵🍵🍵🍵🍵🍵', true],
  ['🍵🍵🍵🍵🍵🍵🍵', false],
  ['茶🍵', false],
  ['1', false],
  ['12', false],
  ['#', false],
  ['', false],
])('large emoji: %s is %s', (text, large) => {
  expect(isLargeEmoji(text)).toBe(large);
});

test('long means over 24 lines or 1,600 characters', () => {
  expect(isLong('a\n'.repeat(23))).toBe(false);
  expect(isLong('a\n'.repeat(24))).toBe(true);
  expect(isLong('茶'.repeat(1600))).toBe(false);
  expect(isLong('茶'.repeat(1601))).toBe(true);
});

test('length counts what people see', () => {
  expect(countGraphemes('👩‍👩‍👧‍👦é茶')).toBe(3);
});

test('the avatar shows the first thing people see', () => {
  expect(firstGrapheme(' ada')).toBe('A');
  expect(firstGrapheme('林晓')).toBe('林');
  expect(firstGrapheme('👩‍👩‍👧‍👦 family')).toBe('👩‍👩‍👧‍👦');
  expect(firstGrapheme('')).toBe('?');
});

test.each([
  ['hello', 'en', undefined],
  ['hello', 'zh-CN', 'en'],
  ['你好', 'en', 'zh-CN'],
  ['你好 hello', 'zh-CN', undefined],
  ['こんにちは世界', 'zh-CN', 'ja'],
  ['안녕', 'en', 'ko'],
  ['привет', 'en', 'ru'],
  ['123 !', 'en', undefined],
])('the language of %s on a page in %s', (text, page, lang) => {
  expect(langOf(text, page)).toBe(lang);
});
