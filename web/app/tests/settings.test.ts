import { expect, test } from 'vitest';
import { parts as en } from '../src/parts/words.en.ts';
import { parts as zh } from '../src/parts/words.zh.ts';
import { changeSettings, fromKept, languageFrom, settings } from '../src/state/settings.ts';
import { clock } from '../src/text/time.ts';

test('the language of the browser, else English', () => {
  expect(languageFrom(['de-DE', 'zh-TW', 'en'])).toBe('zh');
  expect(languageFrom(['fr', 'en-GB', 'zh'])).toBe('en');
  expect(languageFrom(['de'])).toBe('en');
  expect(languageFrom([])).toBe('en');
});

/** As it is for who never chose anything. */
const unchosen = {
  theme: 'system',
  density: 'comfortable',
  hours: 'auto',
  language: 'zh',
  enter: 'auto',
  announce: 'auto',
  transport: 'auto',
  contrast: false,
  still: false,
  typing: true,
  tells: true,
  captions: false,
};

test('what was kept wins', () => {
  const kept = {
    theme: 'dark',
    density: 'compact',
    hours: 'h12',
    language: 'en',
    enter: 'never',
    announce: 'me',
    transport: 'long_poll',
    contrast: true,
    still: true,
    typing: false,
    tells: false,
    captions: true,
    text: 18,
    panel: false,
    order: 'newest',
    pinned: ['tea'],
  };
  expect(fromKept(kept, ['zh'])).toEqual(kept);
});

test('what is broken is left out', () => {
  const broken = {
    theme: 'pink',
    language: 7,
    panel: 'yes',
    transport: 'pigeon',
    text: 99,
    still: 1,
    order: 'best',
  };
  expect(fromKept(broken, ['zh'])).toEqual(unchosen);
  expect(fromKept(null, ['zh'])).toEqual(unchosen);
  expect(fromKept('x', ['zh'])).toEqual(unchosen);
});

test('what is taken back is as if nobody had chosen', () => {
  changeSettings({ text: 20, language: 'zh' });
  expect(settings.peek().text).toBe(20);
  changeSettings({ text: undefined });
  expect(settings.peek()).toEqual(unchosen);
});

test('times have the form that the person wants, at once and in both languages', () => {
  const evening = new Date(2026, 10, 22, 21, 7).getTime();
  changeSettings({ hours: 'h23' });
  expect([clock('en', evening), clock('zh-CN', evening)]).toEqual(['21:07', '21:07']);
  expect(en.composerSilenced(evening)).toContain('21:07');
  expect(clock('en', new Date(2026, 10, 22, 0, 5).getTime())).toBe('00:05');
  changeSettings({ hours: 'h12' });
  expect([clock('en', evening), clock('zh-CN', evening)]).toEqual(['9:07 PM', '下午9:07']);
  expect(en.composerSilenced(evening)).toMatch(/9:07\s?pm/i);
  expect(zh.composerSilenced(evening)).toContain('下午09:07');
});
