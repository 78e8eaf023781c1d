// A message that waits for its files: what goes then, and what does not.
import { beforeEach, expect, test, vi } from 'vitest';
import { sendWhenWhole } from '../src/files/whole.ts';
import { loadWords } from '../src/i18n/language.ts';
import { type Attached, attachedTo } from '../src/state/attached.ts';
import { makeTimeline } from '../src/state/timeline.ts';
import { endContext, type Writing, writingIn } from '../src/state/writing.ts';
import { readDraft, saveDraft } from '../src/storage/drafts.ts';
import { ada, FakeRoom, roomView } from './fakes.ts';

const view = { id: 'f', name: 'plan.txt', type: 'text/plain', bytes: 4 };
const coming: Attached = {
  ...{ key: 'f', name: 'plan.txt', bytes: 4, sent: 0, kind: 'text/plain', alt: '' },
  state: 'coming',
};
const whole: Attached = { ...coming, sent: 4, state: 'whole', view };

let places = 0;
let writing: Writing;
let sent: { text: string; options: { files?: unknown } }[];

beforeEach(async () => {
  await loadWords('en');
  // Drafts live as long as the page: each test has a room of its own.
  places += 1;
  sent = [];
  const room = Object.assign(new FakeRoom(`room-${places}`), {
    send: async (text: string, options: object) => sent.push({ text, options }),
  });
  const timeline = makeTimeline(room.asRoom());
  timeline.info.value = roomView(room.id);
  writing = writingIn(timeline);
  attachedTo(writing.key).value = [coming];
});

/** The field as far as sending goes through it. */
function putField(): ReturnType<typeof vi.fn> {
  const requestSubmit = vi.fn();
  writing.field = Object.assign(new EventTarget(), {
    form: { requestSubmit },
  }) as unknown as HTMLTextAreaElement;
  return requestSubmit;
}

/** Everything is with the house, and what followed has happened. */
async function arrives(): Promise<void> {
  attachedTo(writing.key).value = [whole];
  await new Promise(setImmediate);
}

test('it goes through the field that is there then, once', async () => {
  const submit = putField();
  sendWhenWhole(writing);
  sendWhenWhole(writing);
  const other = putField();
  await arrives();
  expect([submit.mock.calls.length, other.mock.calls.length]).toEqual([0, 1]);
});

test('what was left elsewhere goes with the files, and is no draft any more', async () => {
  sendWhenWhole(writing);
  await saveDraft(writing.key, { text: 'hello\n', chosen: [] });
  await arrives();
  expect(sent).toEqual([{ text: 'hello', options: expect.objectContaining({ files: [view] }) }]);
  expect(await readDraft(writing.key)).toBeUndefined();
});

test('a command, what is too long, and what may not be written wait for their writer', async () => {
  const texts = ['/msg Ada a secret', 'x'.repeat(20_000), 'hello'];
  for (const text of texts) {
    const info = writing.timeline.info;
    if (text === 'hello') info.value = roomView(writing.key, '', { may: ['read'] });
    sendWhenWhole(writing);
    await saveDraft(writing.key, { text });
    await arrives();
    expect((await readDraft(writing.key))?.text).toBe(text);
    expect(attachedTo(writing.key).value).toEqual([whole]);
    attachedTo(writing.key).value = [coming];
  }
  expect(sent).toEqual([]);
});

test('an edit that is begun meanwhile is not what goes', async () => {
  const submit = putField();
  sendWhenWhole(writing);
  writing.context.value = { kind: 'edit', seq: 1, text: 'a', mentions: [ada] };
  await arrives();
  expect(submit).not.toHaveBeenCalled();
  writing.field = undefined;
  endContext(writing);
  const later = putField();
  await new Promise(setImmediate);
  expect(later).toHaveBeenCalledOnce();
});
