import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { messages as en } from '../src/i18n/messages.en.ts';
import { announce, hush } from '../src/state/announcer.ts';
import { polite, say } from '../src/state/voice.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  hush();
  vi.useRealTimers();
});

function hear(name: string, text: string): void {
  announce(en, { name, text });
}

test('a message is said at once', () => {
  hear('Ada', 'hello');
  expect(polite.value).toBe('Ada: hello');
});

test('at most one utterance in a second and a half; what waits is said together', () => {
  hear('Ada', 'one');
  hear('Mei', 'two');
  hear('Ada', 'three');
  vi.advanceTimersByTime(1499);
  expect(polite.value).toBe('Ada: one');
  vi.advanceTimersByTime(1);
  expect(polite.value).toBe('Mei: two\nAda: three');
});

test('more than three waiting become a number', () => {
  hear('Ada', 'one');
  for (let i = 0; i < 5; i += 1) hear('Mei', `${i}`);
  vi.advanceTimersByTime(1500);
  expect(polite.value).toBe('5 new messages, last from Mei');
});

test('each message is said once, and then there is silence', () => {
  hear('Ada', 'one');
  vi.advanceTimersByTime(10_000);
  expect(polite.value).toBe('Ada: one');
  hear('Ada', 'one');
  expect(polite.value).not.toBe('Ada: one');
  expect(polite.value.trim()).toBe('Ada: one');
});

test('leaving the room drops what waits', () => {
  hear('Ada', 'one');
  hear('Mei', 'two');
  hush();
  vi.advanceTimersByTime(10_000);
  expect(polite.value).toBe('');
});

test('the same sentence twice is a change', () => {
  say('Connected again.');
  const first = polite.value;
  say('Connected again.');
  expect(polite.value).not.toBe(first);
});
