// What this page has received of one room: what stands in its list in order of seq, and the holes between.
// Pure data and functions; the only owner is the room's timeline.
import type { ChatEvent, HistoryRange, MessageState, Page, Person } from '@teahouse/sdk';
import {
  changedMessage,
  changedState,
  concernsAnother,
  untouched,
  withReplies,
} from './changes.ts';

/** The kinds of event that stand in the list. The others change one of these. */
const shown = new Set(['message', 'join', 'leave', 'room', 'moderation', 'pin']);
/** How many changes are remembered for messages that come with a page read before them. */
const recentMax = 500;

/**
 * Events after `after` and before `before` were not received, none of them. Never silent: a hole is drawn. Only `know`
 * makes holes smaller, by what the house has said, not by what was missing when it was asked: answers come in any order.
 */
export interface Hole {
  after: number;
  before: number;
  /** `paging`: only not asked for yet, fetched when it comes near. `said`: the house told of it; a person decides. */
  reason: 'paging' | 'said';
  state: 'idle' | 'loading' | 'failed';
}

export interface RoomLog {
  /** Messages and what happened between them, in order of seq, each once. A message without text is gone. */
  events: ChatEvent[];
  /** The messages whose deletion came by itself: who did it, also where the message comes later. */
  gone: Map<number, Person>;
  /** What hangs on messages, by seq; those that have nothing are not in it. */
  states: Map<number, MessageState>;
  /** The last changes and replies that came by themselves: a page may be older than they are. */
  recent: ChatEvent[];
  /** Messages that replies quote and that are not in `events`, as they are now; `undefined`: gone, or not one's to read. */
  quotes: Map<number, ChatEvent | undefined>;
  /** Every cid in `events`. */
  cids: Set<string>;
  /** The lowest first. */
  holes: Hole[];
  /** Everything before this seq was not received yet; 1 when the beginning is here. */
  oldest: number;
}

export function emptyLog(): RoomLog {
  return {
    events: [],
    gone: new Map(),
    states: new Map(),
    recent: [],
    quotes: new Map(),
    cids: new Set(),
    holes: [],
    oldest: Number.MAX_SAFE_INTEGER,
  };
}

/** The seq of the newest message, 0 if there is none. */
export function newestSeq(log: RoomLog): number {
  return log.events.at(-1)?.seq ?? 0;
}

/** Is the beginning of the room here, so that nothing older can be asked for? */
export function hasBeginning(log: RoomLog): boolean {
  return log.oldest <= 1;
}

/** Index of the first message with a seq of at least `seq`. */
export function indexOfSeq(log: RoomLog, seq: number): number {
  let low = 0;
  let high = log.events.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((log.events[middle]?.seq ?? 0) < seq) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The message with that seq, if it is here. */
export function messageAt(log: RoomLog, seq: number): ChatEvent | undefined {
  const event = log.events[indexOfSeq(log, seq)];
  return event?.seq === seq ? event : undefined;
}

/**
 * Live events, in order; `me` is who reads. Events of kinds that have no row only move `oldest`. Says how many rows
 * were new.
 */
export function append(log: RoomLog, events: readonly ChatEvent[], me?: string): number {
  let added = 0;
  for (const event of events) {
    const isNew = event.seq > newestSeq(log);
    if (isNew) know(log, event.seq);
    if (concernsAnother(event)) {
      log.recent.push(event);
      apply(log, event, me);
    }
    if (!isNew || !shown.has(event.kind)) continue;
    log.events.push(event);
    log.cids.add(event.cid);
    added += 1;
  }
  log.recent.splice(0, log.recent.length - recentMax);
  return added;
}

/** Changes what is here of a message: each change comes once, in order, after the message. */
function apply(log: RoomLog, change: ChatEvent, me: string | undefined): void {
  const { target } = change.body;
  if (target === undefined) return;
  if (change.kind === 'delete') log.gone.set(target, change.by);
  const quoted = log.quotes.get(target);
  if (quoted !== undefined) log.quotes.set(target, changedMessage(quoted, change));
  const index = indexOfSeq(log, target);
  const message = log.events[index];
  if (message?.seq !== target) return;
  if (change.kind === 'delete') leaveChain(log, message);
  log.events[index] = changedMessage(message, change);
  log.states.set(target, changedState(log.states.get(target) ?? untouched, change, me));
}

/** A deleted reply is not counted where it was one. */
function leaveChain(log: RoomLog, { body, at }: ChatEvent): void {
  const state = log.states.get(body.target ?? 0);
  if (state !== undefined && body.target !== undefined)
    log.states.set(body.target, withReplies(state, -1, at));
}

/** Where and how many messages a page put in, side by side. */
export interface Inserted {
  at: number;
  count: number;
}

/** What was read, and when that was. */
export type Read = Pick<Page, 'messages'> & Partial<Page>;

/** Puts each message of a page in its place, lowest first. What is there already is left alone. */
export function insert(log: RoomLog, page: Read, me?: string): Inserted[] {
  const fresh = page.messages.filter((event) => shown.has(event.kind) && !log.cids.has(event.cid));
  const runs: Inserted[] = [];
  for (const event of fresh) {
    const at = indexOfSeq(log, event.seq);
    log.events.splice(at, 0, event);
    log.cids.add(event.cid);
    const run = runs.at(-1);
    if (run !== undefined && run.at + run.count === at) run.count += 1;
    else runs.push({ at, count: 1 });
  }
  takeStates(log, fresh, page, me);
  return runs;
}

/** What was asked for and its answer: all that the house has of which numbers, the first and the last of them. */
export function reachOf({ before, after }: HistoryRange, page: Page): [from: number, to: number] {
  const { messages, more, as_of } = page;
  const first = messages[0]?.seq;
  const last = messages.at(-1)?.seq;
  if (before !== undefined) return [(more && first) || 1, before - 1];
  if (after !== undefined) return [after + 1, (more && last) || as_of];
  return [first ?? Infinity, last ?? 0];
}

/**
 * All that the house has from one number to another is here, whatever was here before: only what lies between that
 * and the rest is missing. Without an end: what follows comes by itself.
 */
export function know(log: RoomLog, from: number, to = Infinity): void {
  if (from < log.oldest) {
    log.holes.unshift({ after: from - 1, before: log.oldest, reason: 'paging', state: 'idle' });
    log.oldest = from;
  }
  log.holes = log.holes.flatMap((hole) => {
    if (to <= hole.after || from >= hole.before) return hole;
    const below: Hole = { ...hole, before: from, state: 'idle' };
    hole.after = Math.max(hole.after, to);
    return [below, hole].filter(({ after, before }) => after + 1 < before);
  });
}

/** What hangs on the messages of a page, and what came of it since the page was read. */
export function takeStates(
  log: RoomLog,
  messages: readonly ChatEvent[],
  { states = {}, as_of = 0 }: Read,
  me: string | undefined,
): void {
  const read = new Set(messages.map(({ seq }) => seq));
  for (const seq of read) {
    const state = states[seq];
    if (state === undefined) log.states.delete(seq);
    else log.states.set(seq, state);
  }
  for (const change of log.recent) {
    if (change.seq > as_of && read.has(change.body.target ?? 0)) apply(log, change, me);
  }
}

/** What has a higher number than this comes by itself, or was not said yet. */
export function edgeOf(log: RoomLog): number {
  return Math.max(newestSeq(log), log.oldest - 1, ...log.holes.map(({ before }) => before - 1));
}

/** The server said `behind`: events go on after `from`, what is between is a hole. */
export function openHole(log: RoomLog, from: number): void {
  const after = edgeOf(log);
  if (from > after) log.holes.push({ after, before: from + 1, reason: 'said', state: 'idle' });
}

/** The server said `reset`: nothing that was received counts any more; say so with a hole at the top. */
export function reset(log: RoomLog, from: number): void {
  Object.assign(log, emptyLog(), { oldest: 1 });
  openHole(log, from);
}

/** The hole that lies between two neighbouring messages (0: before the first). */
export function holeBetween(log: RoomLog, seq: number, next: number): Hole | undefined {
  return log.holes.find((hole) => hole.after >= seq && hole.before <= next);
}
