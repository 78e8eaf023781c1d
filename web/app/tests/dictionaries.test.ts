import { expect, test } from 'vitest';
import { messages as en } from '../src/i18n/messages.en.ts';
import { messages as zh } from '../src/i18n/messages.zh.ts';

type Entry = string | ((...parts: never[]) => string);

const english = en as unknown as Record<string, Entry>;
const chinese = zh as unknown as Record<string, Entry>;
const names: string[][] = [[], ['Ada'], ['Ada', '林晓']];

/** Every sentence of a dictionary, functions called with arguments that reach their branches. */
function sentences(entry: Entry): string[] {
  if (typeof entry === 'string') return [entry];
  const call = entry as (...parts: unknown[]) => string;
  if (entry.length === 1) return [call(0), call(1), call(5), call('Ada')].map(String);
  return names.flatMap((list) =>
    [0, 1, 5]
      .map((n) => call(list, n, '09:21'))
      .concat(call(3, '09:21', 'x'))
      .map(String),
  );
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
    'wireDelayMs',
    'setupHouseDefault',
    'languageOther',
    'languageOtherLabel',
    'roomLine',
    'listArticle',
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
    if (key === 'languageOtherLabel') continue;
    for (const text of said(entry)) expect(text, key).not.toMatch(/\p{sc=Han}[.,?;:]/u);
  }
});

test('plurals', () => {
  expect(en.netBack(1)).toBe('Back. 1 message arrived while you were away.');
  expect(en.netBack(2)).toBe('Back. 2 messages arrived while you were away.');
  expect(en.doorHere(['Ada'], 0)).toBe('Ada is here');
  expect(en.doorHere(['林晓', 'Ada'], 3)).toBe('林晓, Ada and 3 others are here');
  expect(zh.doorHere(['林晓', 'Ada'], 3)).toBe('林晓、Ada等 5 人在座');
});
