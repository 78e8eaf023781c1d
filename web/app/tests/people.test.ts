import { expect, test } from 'vitest';
import { messages as en } from '../src/i18n/messages.en.ts';
import { messages as zh } from '../src/i18n/messages.zh.ts';
import { findPeople, groupsOf, sortPeople } from '../src/state/people.ts';
import { clock, dayLabel, dayOf, shortTime } from '../src/text/time.ts';
import { noon } from './fakes.ts';

function named(...names: string[]) {
  return names.map((name) => ({ person: { id: name, name } }));
}

test('owner, moderators, members, guests; then by name', () => {
  const people = [
    ...named('Zoë', 'ada', 'Bea 10', 'Bea 9'),
    { person: { id: 'm', name: 'Mod', role: 'moderator' as const } },
    { person: { id: 'o', name: 'Zed', role: 'owner' as const } },
  ];
  expect(sortPeople(people, 'en').map(({ person }) => person.name)).toEqual([
    'Zed',
    'Mod',
    'ada',
    'Bea 9',
    'Bea 10',
    'Zoë',
  ]);
});

test('Chinese names are in the order of their sound', () => {
  expect(sortPeople(named('周', '林', '阿'), 'zh-CN').map(({ person }) => person.name)).toEqual([
    '阿',
    '林',
    '周',
  ]);
});

test('finding folds case, width and accents', () => {
  const people = named('Zoë', 'ＡＤＡ', '林晓');
  expect(findPeople(people, 'zoe')).toHaveLength(1);
  expect(findPeople(people, 'ada')).toHaveLength(1);
  expect(findPeople(people, ' 晓 ')).toHaveLength(1);
  expect(findPeople(people, '')).toHaveLength(3);
  expect(findPeople(people, 'x')).toHaveLength(0);
});

test('days', () => {
  const day = 86_400_000;
  expect(dayOf(noon + day) - dayOf(noon)).toBe(1);
  expect(dayLabel(en, noon, noon)).toBe('Today');
  expect(dayLabel(zh, noon - day, noon)).toBe('昨天');
  expect(dayLabel(en, noon - 3 * day, noon)).toBe('Thursday, November 19');
  expect(dayLabel(en, noon - 400 * day, noon)).toContain('2025');
});

test('who belongs to the room stands under those who are here', () => {
  const [ada, bo, cy] = [
    { id: 'a', name: 'Ada' },
    { id: 'b', name: 'Bo', role: 'owner' as const },
    { id: 'c', name: 'Cy', role: 'member' as const },
  ];
  const gone = { id: 'x', name: '' };
  const members = [
    { person: ada, role: 'moderator' as const, joined: 1 },
    { person: bo, role: 'moderator' as const, joined: 2 },
    { person: cy, role: 'member' as const, joined: 3 },
    { person: gone, role: 'member' as const, joined: 4 },
  ];
  const ed = { id: 'e', name: 'Ed', away: true };
  expect(groupsOf([ada, bo, ed, { id: 'd', name: 'Di' }], members)).toEqual({
    here: [
      { person: { ...ada, role: 'moderator' }, joined: 1 },
      { person: bo, joined: 2 },
      { person: { id: 'd', name: 'Di' } },
    ],
    away: [{ person: ed }],
    gone: [{ person: cy, joined: 3 }],
  });
});

test('in a list: the time today, the weekday this week, else the day', () => {
  const day = 86_400_000;
  expect(shortTime('en-GB', noon, noon)).toBe(clock('en-GB', noon));
  expect(shortTime('en-GB', noon - day, noon)).toMatch(/^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)$/);
  expect(shortTime('zh-CN', noon - 2 * day, noon)).toMatch(/^周.$/);
  expect(shortTime('en-GB', noon - 10 * day, noon)).toMatch(/^\d+ [A-Z][a-z]+$/);
  expect(shortTime('en-GB', noon - 400 * day, noon)).toMatch(/^\d+ [A-Z][a-z]+ \d{4}$/);
});
