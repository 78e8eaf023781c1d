import { expect, test } from 'vitest';
import { toField } from '../src/talk/context.ts';
import { toWire } from '../src/text/mentions.ts';

const people = new Map([
  ['Ada', 'a'],
  ['Ada Okafor', 'ao'],
  ['小满', 'x'],
  ['林晓', 'l'],
]);
const rooms = new Map([['早茶 morning-tea', 'tea']]);

test.each([
  ['@Ada', '<@a>'],
  ['@Ada, look', '<@a>, look'],
  ['@Ada Okafor and @Ada', '<@ao> and <@a>'],
  ['@Adam is another', '@Adam is another'],
  ['mail ada@Ada', 'mail ada@Ada'],
  ['请@小满看一下', '请<@x>看一下'],
  ['@林晓，@小满', '<@l>，<@x>'],
  ['@ada is not @Ada', '@ada is not <@a>'],
  ['in `@Ada` and\n```\n@Ada\n```', 'in `@Ada` and\n```\n@Ada\n```'],
  ['<@a> stays', '<@a> stays'],
  ['see #早茶 morning-tea', 'see <#tea>'],
  ['@here and @room', '<@here> and <@room>'],
  ['a@b @ #', 'a@b @ #'],
  // What is code is what the parser calls so.
  ['``a ` @Ada`` @Ada', '``a ` @Ada`` <@a>'],
  ['`not closed @Ada', '`not closed <@a>'],
  ['`over\nlines @Ada`', '`over\nlines <@a>`'],
  ['~~~\n@Ada\n~~~', '~~~\n<@a>\n~~~'],
  ['````\n```\n@Ada\n````\n@Ada', '````\n```\n@Ada\n````\n<@a>'],
  ['> ```\n> @Ada\n@Ada', '> ```\n> @Ada\n<@a>'],
  ['- ```\n  @Ada\n- @Ada', '- ```\n  @Ada\n- <@a>'],
  ['\\`@Ada\\`', '\\`<@a>\\`'],
  ['\\@Ada is a word, \\\\@Ada a call', '\\@Ada is a word, \\\\<@a> a call'],
  ['https://example.org/@Ada @Ada', 'https://example.org/@Ada <@a>'],
  ['[@Ada](https://example.org/@Ada)', '[<@a>](https://example.org/@Ada)'],
  ['**@Ada** ||@小满||', '**<@a>** ||<@x>||'],
  ['\u{f0000}@Ada', '\u{f0000}<@a>'],
])('%s', (text, wire) => {
  expect(toWire(text, { people, rooms, all: true })).toBe(wire);
});

test('who may not call everybody writes words', () => {
  expect(toWire('@here @room @Ada', { people, rooms, all: false })).toBe('@here @room <@a>');
});

test('a sent text stands in the field by names, and is the same when it is sent again', () => {
  const names = new Map([...people].map(([name, id]) => [id, name]));
  const wire = '<@ao>：看 `<@a>` <@here> <@gone>';
  const field = toField(wire, { people: names, rooms: new Map() });
  expect(field).toBe('@Ada Okafor：看 `<@a>` @here <@gone>');
  expect(toWire(field, { people, rooms, all: true })).toBe(wire);
});
