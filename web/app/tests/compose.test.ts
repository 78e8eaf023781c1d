import { expect, test } from 'vitest';
import { formatOf, formatted, isLink, linkOver, looksLikeCode } from '../src/compose/format.ts';
import { type Sources, suggestions, triggerAt } from '../src/compose/suggest.ts';
import { parseTable } from '../src/emoji/emoji.ts';
import { isInFence } from '../src/state/composer.ts';
import { ada, lin } from './fakes.ts';

/** A text whose caret is `|` and whose selection is between two of them, after a replacement, written the same way. */
function after(marked: string, format: Parameters<typeof formatted>[3]): string {
  const from = marked.indexOf('|');
  const to = marked.lastIndexOf('|');
  const text = marked.replaceAll('|', '');
  const end = to > from ? to - 1 : from;
  const made = formatted(text, from, end, format);
  const result = text.slice(0, made.from) + made.text + text.slice(made.to);
  const [start, stop] = made.select ?? [made.from + made.text.length, made.from + made.text.length];
  return stop > start
    ? `${result.slice(0, start)}|${result.slice(start, stop)}|${result.slice(stop)}`
    : `${result.slice(0, start)}|${result.slice(start)}`;
}

test.each([
  ['bold', 'a |tea| b', 'a **|tea|** b'],
  ['bold', 'a **|tea|** b', 'a |tea| b'],
  ['bold', '|', '**|**'],
  ['bold', 'a| tea |b', 'a **|tea|** b'],
  ['italic', '**|tea|**', '***|tea|***'],
  ['italic', '*|tea|*', '|tea|'],
  ['struck', '|茶|', '~~|茶|~~'],
  ['code', 'x|y|', 'x`|y|`'],
  ['link', 'see |this|', 'see [this](|https://|)'],
  ['link', '|https://a.example|', '[|](https://a.example)'],
  ['block', 'a |b|', 'a \n```\n|b|\n```'],
  ['quote', 'a\n|b\nc|', 'a\n> b\n> c|'],
  ['quote', '> a|', 'a|'],
  ['list', 'a|', '- a|'],
] as const)('%s: %s', (format, before, then) => {
  expect(after(before, format)).toBe(then);
});

test('the keys of formatting', () => {
  expect(formatOf({ key: 'b', shiftKey: false })).toBe('bold');
  expect(formatOf({ key: 'X', shiftKey: true })).toBe('struck');
  expect(formatOf({ key: 'B', shiftKey: true })).toBeUndefined();
  expect(formatOf({ key: 'z', shiftKey: false })).toBeUndefined();
});

test('what is pasted: links, and lines that look like code', () => {
  expect(isLink('https://a.example/x')).toBe(true);
  expect(isLink('see https://a.example')).toBe(false);
  expect(linkOver('read this now', 5, 9, ' https://a.example ').text).toBe(
    '[this](https://a.example)',
  );
  expect(looksLikeCode('fn main() {\n    run();\n}')).toBe(true);
  expect(looksLikeCode('Dear Ada,\nthe kettle is on.\nCome over.')).toBe(false);
  expect(looksLikeCode('one line;')).toBe(false);
  expect(looksLikeCode('你好。\n水开了，快来。')).toBe(false);
});

test('in an open fence Enter breaks the line', () => {
  expect(isInFence('```\na', 5)).toBe(true);
  expect(isInFence('```\na\n```\n', 10)).toBe(false);
  expect(isInFence('a ``` b', 7)).toBe(false);
});

test.each([
  ['@', '@', ''],
  ['see @Ad', '@', 'Ad'],
  ['请@小', '@', '小'],
  ['@Ada O', '@', 'Ada O'],
  ['mail ada@house', undefined, ''],
  ['#zao', '#', 'zao'],
  ['a :te', ':', 'te'],
  ['a :t', undefined, ''],
  ['好:茶', ':', '茶'],
  ['12:30', undefined, ''],
  ['https://a', undefined, ''],
  ['/', '/', ''],
  ['/to', '/', 'to'],
  ['a /to', undefined, ''],
  ['`@a', undefined, ''],
  ['```\n@a', undefined, ''],
  ['<@a', undefined, ''],
])('%s', (text, sign, typed) => {
  const found = triggerAt(text, text.length);
  expect(found?.sign).toBe(sign);
  if (found !== undefined) {
    expect(found.typed).toBe(typed);
    expect(text.slice(found.from)).toBe(`${sign}${typed}`);
  }
});

const sources: Sources = {
  people: [ada, lin, { id: 'ao', name: 'Ada Okafor' }],
  all: [
    { name: 'here', detail: 'h' },
    { name: 'room', detail: 'r' },
  ],
  rooms: [{ id: 'tea', name: '早茶 morning-tea', topic: 'tea' }],
  commands: [{ name: 'topic', hint: 'Set it', takes: true }],
  emoji: [parseTable('🍵\tteacup\ttea cup\n🎉\tparty\ttada')],
};

function said(text: string): string[] {
  const trigger = triggerAt(text, text.length);
  return trigger === undefined ? [] : suggestions(trigger, sources).map(({ text: made }) => made);
}

test('people by name and by the initials of its pinyin, and everybody', () => {
  expect(said('@')).toEqual(['@Ada', '@林晓', '@Ada Okafor', '@here', '@room']);
  expect(said('@lx')).toEqual(['@林晓']);
  expect(said('@ada o')).toEqual(['@Ada Okafor']);
  expect(said('@Ada has')).toEqual([]);
  expect(said('@he')).toEqual(['@here']);
});

test('rooms, emoji and commands', () => {
  expect(said('#zc')).toEqual(['#早茶 morning-tea']);
  expect(said(':tea')).toEqual(['🍵']);
  expect(said('/t')).toEqual(['/topic ']);
  expect(said('/x')).toEqual([]);
});
