// From the field to the outbox: what is written becomes a message, a reply or an edit.
import { putBack, takeAttached } from './attached.ts';
import { drawNow } from './frames.ts';
import { jumpToEnd } from './reading.ts';
import { endContext, type Writing } from './writing.ts';

/** Messages go in the order in which they were written, also where one waits for the part that knows names. */
let line: Promise<unknown> = Promise.resolve();

/** The text with ids instead of names; without the part that knows them they stay words. */
function named({ timeline, chosen }: Writing, text: string): Promise<string> {
  const naming = { timeline, chosen: new Map(chosen) };
  const found = /[@#]/.test(text)
    ? import('../compose/compose.ts').then(({ wireText }) => wireText(naming, text))
    : undefined;
  const turn = line
    .then(() => found)
    .then(
      (wire) => wire ?? text,
      () => text,
    );
  line = turn;
  return turn;
}

/** Sends what was written, as what it is. Resolves when it is kept. */
export async function sendFrom(writing: Writing, text: string): Promise<void> {
  const { timeline, context, chain, chosen, key, stash } = writing;
  const now = context.peek();
  const taken = now?.kind === 'edit' ? [] : takeAttached(key);
  const naming = named(writing, text);
  chosen.clear();
  endContext(writing);
  try {
    const wire = await naming;
    if (now?.kind === 'edit') {
      if (wire !== now.text) await timeline.room.edit(now.seq, wire);
      return;
    }
    const views = taken.flatMap(({ view }) => (view === undefined ? [] : [view]));
    const files = views.length > 0 ? views : undefined;
    await timeline.room.send(wire, { target: now?.seq ?? chain, files });
    if (chain === undefined) jumpToEnd(timeline);
    drawNow();
  } catch (error) {
    context.value = now;
    writing.stash = stash;
    putBack(key, taken);
    throw error;
  }
}
