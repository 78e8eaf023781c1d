// What of a room is read aloud, by what the person wants to hear.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { loadWords } from '../src/i18n/language.ts';
import { hush } from '../src/state/announcer.ts';
import { you } from '../src/state/house.ts';
import { append } from '../src/state/log.ts';
import { changeSettings, type Settings } from '../src/state/settings.ts';
import { announceEvents } from '../src/state/speech.ts';
import { makeTimeline, type Timeline } from '../src/state/timeline.ts';
import { polite } from '../src/state/voice.ts';
import { ada, FakeRoom, lin, message, roomView } from './fakes.ts';

let timeline: Timeline;

beforeEach(async () => {
  vi.useFakeTimers();
  await loadWords('en');
  you.value = lin;
  timeline = makeTimeline(new FakeRoom('1024').asRoom());
  append(timeline.log, [message(1, lin), message(2, ada)]);
});
afterEach(() => {
  changeSettings({ announce: 'auto' });
  hush();
  vi.useRealTimers();
});

const saying = (seq: number, body: object) => ({ ...message(seq), body });
const said = [
  saying(3, { text: 'to nobody' }),
  saying(4, { text: `to you, <@${lin.id}>`, mentions: [lin] }),
  saying(5, { text: 'to all, <@here>' }),
  saying(6, { text: 'an answer', target: 1 }),
  saying(7, { text: 'an answer to Ada', target: 2 }),
  message(8, lin),
];

/** What is heard of it all, one at a time. */
function heard(announce: Settings['announce']): string[] {
  changeSettings({ announce });
  return said.flatMap((event) => {
    hush();
    announceEvents(timeline, [event]);
    return polite.peek() === '' ? [] : [polite.peek()];
  });
}

const forLin = ['Ada: to you, @林晓', 'Ada: to all, @here', 'Ada: an answer'];
const all = ['Ada: to nobody', ...forLin, 'Ada: an answer to Ada'];

test('everything, only what is for one, or nothing; never what one wrote', () => {
  expect(heard('all')).toEqual(all);
  expect(heard('me')).toEqual(forLin);
  expect(heard('nothing')).toEqual([]);
});

test('by itself: everything among few, only what is for one among many', () => {
  timeline.here.value = { count: 30, people: [], partial: false };
  expect(heard('auto')).toEqual(all);
  timeline.here.value = { count: 31, people: [], partial: false };
  expect(heard('auto')).toEqual(forLin);
});

test('a direct message is always for one', () => {
  timeline.info.value = roomView('1024', 'Ada', { direct: true });
  expect(heard('me')).toEqual(all);
});

test('a sign that is escaped or in code calls nobody', () => {
  changeSettings({ announce: 'me' });
  const quiet = ['`<@here>`', '\\<@room>', '```\n<@here>\n```', `\`<@${lin.id}>\``];
  for (const text of quiet) announceEvents(timeline, [saying(9, { text, mentions: [] })]);
  expect(polite.value).toBe('');
  announceEvents(timeline, [saying(10, { text: '> - **<@room>**' })]);
  expect(polite.value).not.toBe('');
});
