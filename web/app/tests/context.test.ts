// What was refused is written again: with what it was about, and beside what is begun.
import type { ChatEvent, OutboxItem } from '@teahouse/sdk';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { loadWords } from '../src/i18n/language.ts';
import { append } from '../src/state/log.ts';
import { toast } from '../src/state/overlay.ts';
import { makeTimeline, type Timeline } from '../src/state/timeline.ts';
import { endContext, type Writing, writingIn } from '../src/state/writing.ts';
import { writeAgain } from '../src/talk/context.ts';
import { ada, FakeRoom, item, message } from './fakes.ts';

const hers: ChatEvent = message(1, ada);
let timeline: Timeline;
let writing: Writing;
let field: HTMLTextAreaElement;
let discarded: string[];
let cids = 0;

beforeEach(async () => {
  vi.stubGlobal('InputEvent', Event);
  await loadWords('en');
  toast.value = undefined;
  discarded = [];
  const discard = async (cid: string) => void discarded.push(cid);
  timeline = makeTimeline(Object.assign(new FakeRoom(), { discard }).asRoom());
  append(timeline.log, [hers]);
  writing = writingIn(timeline);
  const acts = { value: '', focus: () => {}, setSelectionRange: () => {} };
  field = Object.assign(new EventTarget(), acts) as unknown as HTMLTextAreaElement;
  writing.field = field;
});
afterEach(() => vi.unstubAllGlobals());

function refused(text: string, change: Partial<OutboxItem> = {}): OutboxItem {
  cids += 1;
  return { ...item(`cid-${cids}`, 'failed'), text, ...change };
}

test('it stands under what is begun, and is taken once', async () => {
  field.value = 'half a thought\n';
  const one = refused('the roses');
  await Promise.all([writeAgain(timeline, one), writeAgain(timeline, one)]);
  expect(field.value).toBe('half a thought\nthe roses');
  expect(discarded).toEqual([one.cid]);
});

test('a reply is one again; what answered nobody answers nobody', async () => {
  await writeAgain(timeline, refused('yes', { target: 1 }));
  expect(writing.context.value).toMatchObject({ kind: 'reply', seq: 1 });
  field.value = '';
  await writeAgain(timeline, refused('the roses'));
  expect(writing.context.value).toBeUndefined();
  expect(field.value).toBe('the roses');
});

test('an edit takes the place of what is begun, which comes back', async () => {
  field.value = 'half a thought';
  await writeAgain(timeline, refused('better', { kind: 'edit', target: 1 }));
  expect(writing.context.value).toMatchObject({ kind: 'edit', seq: 1 });
  expect(field.value).toBe('better');
  endContext(writing);
  expect(field.value).toBe('half a thought');
});

test('an edit that is begun is never taken for the message', async () => {
  const edit = { kind: 'edit', seq: 1, text: 'message 1', mentions: [] } as const;
  writing.context.value = edit;
  writing.stash = 'half a thought';
  field.value = 'message 1, changed';
  const one = refused('the roses');
  await writeAgain(timeline, one);
  expect([field.value, writing.context.value, discarded]).toEqual(['message 1, changed', edit, []]);
  expect(toast.value).toBeDefined();

  field.value = 'message 1';
  await writeAgain(timeline, one);
  expect(writing.context.value).toBeUndefined();
  expect(field.value).toBe('half a thought\nthe roses');
  expect(discarded).toEqual([one.cid]);
});

test('without a field it stays where it is', async () => {
  writing.field = undefined;
  await writeAgain(timeline, refused('the roses'));
  expect(discarded).toEqual([]);
});
