// What the list needs once it is on the page and can wait for: the messages that replies quote, and what is shown read
// again after events were missing.
import { effect } from '@preact/signals';
import type { ChatEvent } from '@teahouse/sdk';
import { you } from '../state/house.ts';
import { indexOfSeq, messageAt, type Read, type RoomLog, takeStates } from '../state/log.ts';
import { redraw, type Timeline } from '../state/timeline.ts';

/** The most that the house gives at once. */
const historyMax = 200;

/** Fetches what is quoted, and reads again what may have changed, until the answer is called. */
export function followGaps(timeline: Timeline): () => void {
  const ends = [
    effect(() => {
      timeline.changed.value;
      void fetchQuotes(timeline);
    }),
    timeline.room.on('hole', ({ reason }) => {
      if (reason === 'behind') void refreshShown(timeline);
    }),
  ];
  return () => {
    for (const end of ends) end();
  };
}

/** What happened to the messages here while events were missing is not known: they are read again, the rest is dropped. */
async function refreshShown(timeline: Timeline): Promise<void> {
  const { log, room, window } = timeline;
  const kept = log.events.slice(window.start, window.end).filter(({ kind }) => kind === 'message');
  const [first, last] = [kept[0]?.seq, kept.at(-1)?.seq];
  if (first === undefined || last === undefined) return;
  dropBefore(log, first);
  timeline.window = { start: 0, end: Math.min(window.end - window.start, log.events.length) };
  for (let after = first - 1; after < last; ) {
    const page = await room.history({ after, limit: historyMax }).catch(() => undefined);
    const to = page?.messages.at(-1)?.seq;
    if (page === undefined || to === undefined) break;
    refresh(log, page, you.peek()?.id);
    after = to;
  }
  redraw(timeline);
}

/** The messages that replies in the window quote and that are not here, one after the other. */
async function fetchQuotes(timeline: Timeline): Promise<void> {
  const { log, room } = timeline;
  if (timeline.quoting) return;
  timeline.quoting = true;
  for (;;) {
    const { start, end } = timeline.window;
    const seq = unquoted(log, log.events.slice(start, end)).at(-1);
    if (seq === undefined) break;
    const page = await room.history({ after: seq - 1, limit: 1 }).catch(() => undefined);
    if (page === undefined) break;
    const [found] = page.messages;
    log.quotes.set(seq, found?.seq === seq ? found : undefined);
    redraw(timeline);
  }
  timeline.quoting = false;
}

/** A page of messages that are here already: after a hole they are as it says. */
export function refresh(log: RoomLog, page: Read, me?: string): void {
  for (const event of page.messages) {
    const index = indexOfSeq(log, event.seq);
    if (log.events[index]?.seq === event.seq) log.events[index] = event;
  }
  takeStates(log, page.messages, page, me);
}

/** Messages that replies among `events` quote and of which nothing is known. */
export function unquoted(log: RoomLog, events: readonly ChatEvent[]): number[] {
  const targets = events
    .filter(({ kind }) => kind === 'message')
    .map(({ body }) => body.target)
    .filter((seq) => seq !== undefined);
  const isKnown = (seq: number) => log.quotes.has(seq) || messageAt(log, seq) !== undefined;
  return [...new Set(targets)].filter((seq) => !isKnown(seq));
}

/** Forgets what lies before that message; it is asked for again where it is wanted. */
export function dropBefore(log: RoomLog, seq: number): void {
  const dropped = log.events.splice(0, indexOfSeq(log, seq));
  const holes = log.holes.filter(({ before }) => before > seq);
  if (dropped.length > 0 || holes.length < log.holes.length) log.oldest = seq;
  for (const event of dropped) {
    log.cids.delete(event.cid);
    log.states.delete(event.seq);
  }
  log.holes = holes;
}
