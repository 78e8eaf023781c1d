// A text that did not go out: where it is then.
import { beforeEach, expect, test, vi } from 'vitest';
import { giveBack } from '../src/compose/back.ts';
import { offer } from '../src/compose/offer.ts';
import { sendFrom } from '../src/state/sending.ts';
import { makeTimeline } from '../src/state/timeline.ts';
import { type Writing, writingIn } from '../src/state/writing.ts';
import { readDraft } from '../src/storage/drafts.ts';
import { FakeRoom } from './fakes.ts';

const text = '/msg Ada a long story';
const chosen = new Map([['@Ada', 'a']]);
let places = 0;
let writing: Writing;

beforeEach(() => {
  vi.stubGlobal('InputEvent', Event);
  offer.value = undefined;
  places += 1;
  const edit = () => Promise.reject(new Error('There is no room left.'));
  const room = Object.assign(new FakeRoom(`back-${places}`), { edit });
  writing = writingIn(makeTimeline(room.asRoom()));
});

function putField(value: string): HTMLTextAreaElement {
  const field = Object.assign(new EventTarget(), { value }) as unknown as HTMLTextAreaElement;
  writing.field = field;
  return field;
}

test('in the field, with its names, where nothing is written', async () => {
  const field = putField('');
  await giveBack(writing, { text, chosen });
  expect([field.value, [...writing.chosen]]).toEqual([text, [...chosen]]);
});

test('above what is written by then, also above an edit', async () => {
  const field = putField('hello');
  await giveBack(writing, { text, chosen });
  expect([field.value, offer.value]).toEqual(['hello', { kind: 'back', writing, text }]);
  offer.value = undefined;
  field.value = '';
  writing.context.value = { kind: 'edit', seq: 1, text: 'a', mentions: [] };
  await giveBack(writing, { text, chosen });
  expect([field.value, offer.peek()]).toEqual(['', { kind: 'back', writing, text }]);
});

test('as the draft of a room that was left, unless there is one', async () => {
  await giveBack(writing, { text, chosen });
  expect(await readDraft(writing.key)).toMatchObject({ text, chosen: [...chosen] });
  await giveBack(writing, { text: 'another', chosen });
  expect(await readDraft(writing.key)).toMatchObject({ text });
  expect(offer.value).toEqual({ kind: 'back', writing, text: 'another' });
});

test('an edit that could not be kept is open again, over what stood there before', async () => {
  const field = putField('');
  const context = { kind: 'edit', seq: 1, text: 'a', mentions: [] } as const;
  writing.context.value = context;
  writing.stash = 'half a thought';
  await expect(sendFrom(writing, 'b')).rejects.toThrow();
  expect(field.value).toBe('half a thought');
  await giveBack(writing, { text: 'b', chosen: new Map(), context });
  expect(field.value).toBe('b');
  expect([writing.context.value, writing.stash]).toEqual([context, 'half a thought']);
});
