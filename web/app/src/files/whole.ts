// Messages that wait for their files.
import { effect, signal } from '@preact/signals';
import { words } from '../i18n/language.ts';
import { areWhole, attachedTo } from '../state/attached.ts';
import { cleanText, measure } from '../state/composer.ts';
import { sendFrom } from '../state/sending.ts';
import { announceFault } from '../state/voice.ts';
import type { Writing } from '../state/writing.ts';
import { readDraft, saveDraft } from '../storage/drafts.ts';

const waiting = new Map<string, () => void>();
/** Places whose message goes as soon as its files are whole. */
export const goesWhenWhole = signal<ReadonlySet<string>>(new Set());

/**
 * Sends what is written there once everything is whole; not if something fails, or is asked twice. An edit that is
 * begun meanwhile is another message: it comes first.
 */
export function sendWhenWhole(writing: Writing): void {
  const place = writing.key;
  if (waiting.has(place)) return;
  const stop = (then?: () => void) => {
    // The effect may end itself while it runs for the first time.
    queueMicrotask(() => {
      waiting.get(place)?.();
      waiting.delete(place);
      goesWhenWhole.value = new Set(waiting.keys());
      then?.();
    });
  };
  waiting.set(
    place,
    effect(() => {
      const files = attachedTo(place).value;
      const isEditing = writing.context.value?.kind === 'edit';
      if (files.some(({ state }) => state === 'failed') || files.length === 0) stop();
      else if (areWhole(files) && !isEditing) stop(() => void send(writing));
    }),
  );
  goesWhenWhole.value = new Set(waiting.keys());
}

/** What stands in the field goes, in whichever it is by now; for who is elsewhere what they left there. */
async function send(writing: Writing): Promise<void> {
  if (writing.field !== undefined) return writing.field.form?.requestSubmit();
  const { key, timeline, chosen } = writing;
  const draft = await readDraft(key);
  const text = cleanText(draft?.text ?? '');
  const mayWrite = timeline.info.peek()?.may.includes('write') ?? false;
  // These wait for their writer.
  if (!mayWrite || text.startsWith('/') || (measure(text).left ?? 0) < 0) return;
  for (const [name, id] of draft?.chosen ?? []) chosen.set(name, id);
  const named = new Map(chosen);
  try {
    const sent = sendFrom(writing, text);
    void saveDraft(key, undefined);
    await sent;
  } catch {
    for (const [name, id] of named) chosen.set(name, id);
    void saveDraft(key, draft);
    announceFault(words().composerFull);
  }
}
