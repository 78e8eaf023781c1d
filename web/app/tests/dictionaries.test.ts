import { expect, test } from 'vitest';
import { admin as adminEn } from '../src/admin/words.en.ts';
import { admin as adminZh } from '../src/admin/words.zh.ts';
import { english as shareEn, chinese as shareZh } from '../src/calls/share/words.ts';
import { calls as callsEn } from '../src/calls/words.en.ts';
import { calls as callsZh } from '../src/calls/words.zh.ts';
import { english as composeEn, chinese as composeZh } from '../src/compose/words.ts';
import { door as doorEn } from '../src/door/words.en.ts';
import { door as doorZh } from '../src/door/words.zh.ts';
import { english as emojiEn, chinese as emojiZh } from '../src/emoji/words.ts';
import { english as filesEn, chinese as filesZh } from '../src/files/words.ts';
import { messages as en } from '../src/i18n/messages.en.ts';
import { messages as zh } from '../src/i18n/messages.zh.ts';
import { keys as keysEn } from '../src/keys/words.en.ts';
import { keys as keysZh } from '../src/keys/words.zh.ts';
import { parts as partsEn } from '../src/parts/words.en.ts';
import { parts as partsZh } from '../src/parts/words.zh.ts';
import { search as searchEn } from '../src/search/words.en.ts';
import { search as searchZh } from '../src/search/words.zh.ts';
import { settings as settingsEn } from '../src/settings/words.en.ts';
import { settings as settingsZh } from '../src/settings/words.zh.ts';
import { talk as talkEn } from '../src/talk/words.en.ts';
import { talk as talkZh } from '../src/talk/words.zh.ts';

type Entry = string | ((...parts: never[]) => string) | Record<string, string>;

/** Every dictionary of the app; keys do not meet because each has its own prefix here. */
function together(...all: [string, object][]): Record<string, Entry> {
  const entries = all.flatMap(([name, words]) =>
    Object.entries(words).map(([key, entry]) => [`${name}${key}`, entry as Entry] as const),
  );
  return Object.fromEntries(entries);
}

const english = together(
  ['', en],
  ['door.', doorEn],
  ['parts.', partsEn],
  ['admin.', adminEn],
  ['talk.', talkEn],
  ['emoji.', emojiEn],
  ['compose.', composeEn],
  ['files.', filesEn],
  ['search.', searchEn],
  ['keys.', keysEn],
  ['settings.', settingsEn],
  ['calls.', callsEn],
  ['share.', shareEn],
);
const chinese = together(
  ['', zh],
  ['door.', doorZh],
  ['parts.', partsZh],
  ['admin.', adminZh],
  ['talk.', talkZh],
  ['emoji.', emojiZh],
  ['compose.', composeZh],
  ['files.', filesZh],
  ['search.', searchZh],
  ['keys.', keysZh],
  ['settings.', settingsZh],
  ['calls.', callsZh],
  ['share.', shareZh],
);
const names: string[][] = [[], ['Ada'], ['Ada', '林晓']];

/** Every sentence of a dictionary, functions called with arguments that reach their branches. */
function sentences(entry: Entry): string[] {
  if (typeof entry === 'string') return [entry];
  if (typeof entry === 'object')
    return Object.values(entry).filter((one) => typeof one === 'string');
  const call = entry as (...parts: unknown[]) => string;
  if (entry.length === 1) return spoken([call(0), call(1), call(5), call('Ada')]);
  return names.flatMap((list) =>
    spoken([0, 1, 5].map((n) => call(list, n, '09:21')).concat(call(3, '09:21', 'x'))),
  );
}

/** An entry that chooses among words says nothing for an argument that is none of them. */
function spoken(said: unknown[]): string[] {
  return said.filter((text) => typeof text === 'string');
}

/** Arguments do not fit every function; those calls throw and are left out. */
function said(entry: Entry): string[] {
  try {
    return sentences(entry);
  } catch {
    return [];
  }
}

test('both dictionaries have the same entries', () => {
  expect(Object.keys(chinese).sort()).toEqual(Object.keys(english).sort());
});

test('an entry is a sentence in both, or takes the same arguments in both', () => {
  for (const [key, entry] of Object.entries(english)) {
    expect(typeof chinese[key], key).toBe(typeof entry);
    if (typeof entry === 'object')
      expect(Object.keys(chinese[key] ?? {}), key).toEqual(Object.keys(entry));
    if (typeof entry === 'function')
      expect((chinese[key] as (...parts: never[]) => string).length, key).toBe(entry.length);
  }
});

test('no entry is empty, and Chinese has Chinese in it', () => {
  const alike = new Set([
    'tag',
    'brandSmall',
    'wireName',
    'wireDown',
    'parts.wireDelayMs',
    'parts.count',
    'door.setupHouseDefault',
    'listReason',
    'admin.admission',
    'admin.roomsBy',
    'admin.setSize',
    'admin.source',
    'admin.number',
    'admin.rate',
    'admin.setSize',
    'admin.bytes',
    'admin.time',
    'admin.logFacts',
    'door.languageOther',
    'door.languageOtherLabel',
    'roomLine',
    'listArticle',
    'reactionOf',
    'reactionBy',
  ]);
  for (const [key, entry] of Object.entries(english)) {
    for (const text of [...said(entry), ...said(chinese[key] ?? '')])
      expect(text, key).not.toBe('');
    const inChinese = said(chinese[key] ?? '').join('');
    if (!alike.has(key) && inChinese !== '') expect(/\p{sc=Han}/u.test(inChinese), key).toBe(true);
  }
});

test('the voice: no exclamation marks, no 您, no corner quotes', () => {
  for (const [key, entry] of [...Object.entries(english), ...Object.entries(chinese)]) {
    for (const text of said(entry)) expect(text, key).not.toMatch(/[!！您「」]/u);
  }
});

test('Chinese sentences end in full-width punctuation', () => {
  for (const [key, entry] of Object.entries(chinese)) {
    if (key === 'door.languageOtherLabel') continue;
    for (const text of said(entry)) expect(text, key).not.toMatch(/\p{sc=Han}[.,?;:]/u);
  }
});

test('plurals', () => {
  expect(partsEn.netBack(1)).toBe('Back. 1 message arrived while you were away.');
  expect(partsEn.netBack(2)).toBe('Back. 2 messages arrived while you were away.');
  expect(doorEn.doorHere(['Ada'], 0)).toBe('Ada is here');
  expect(doorEn.doorHere(['林晓', 'Ada'], 3)).toBe('林晓, Ada and 3 others are here');
  expect(doorZh.doorHere(['林晓', 'Ada'], 3)).toBe('林晓、Ada等 5 人在座');
});
