import { expect, test } from 'vitest';
import { fromKept, languageFrom } from '../src/state/settings.ts';

test('the language of the browser, else English', () => {
  expect(languageFrom(['de-DE', 'zh-TW', 'en'])).toBe('zh');
  expect(languageFrom(['fr', 'en-GB', 'zh'])).toBe('en');
  expect(languageFrom(['de'])).toBe('en');
  expect(languageFrom([])).toBe('en');
});

test('what was kept wins, and what is broken is left out', () => {
  const kept = {
    theme: 'dark',
    language: 'en',
    enter: 'never',
    typing: true,
    transport: 'long_poll',
    panel: false,
    order: 'newest',
    pinned: ['tea'],
  };
  expect(fromKept(kept, ['zh'])).toEqual(kept);
  const none = { theme: 'system', language: 'zh', enter: 'auto', typing: true, transport: 'auto' };
  const broken = { theme: 'pink', language: 7, panel: 'yes', transport: 'pigeon', order: 'best' };
  expect(fromKept(broken, ['zh'])).toEqual(none);
  expect(fromKept(null, ['zh'])).toEqual(none);
  expect(fromKept('x', ['zh'])).toEqual(none);
});
