// What this page has received of one room: what stands in its list in order of seq, and the holes between.
// Pure data and functions; the only owner is the room's timeline.
import type { ChatEvent, Person } from '@teahouse/sdk';

/** The kinds of event that stand in the list. `delete` changes another one. */
const shown = new Set(['message', 'join', 'leave', 'room', 'moderation']);

/** Events after `after` and before `before` were not received. Never silent: a hole is drawn. */
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
  /** Every cid in `events`. */
  cids: Set<string>;
  holes: Hole[];
  /** Everything before this seq was not received yet; 1 when the beginning is here. */
  oldest: number;
}

export function emptyLog(): RoomLog {
  return {
    events: [],
    gone: new Map(),
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

/** Live events, in order. Events of kinds that have no row only move `oldest`. Says how many rows were new. */
export function append(log: RoomLog, events: readonly ChatEvent[]): number {
  let added = 0;
  for (const event of events) {
    if (event.seq < log.oldest && log.events.length === 0) log.oldest = event.seq;
    if (event.kind === 'delete') remove(log, event);
    if (!shown.has(event.kind) || event.seq <= newestSeq(log)) continue;
    log.events.push(current(log, event));
    log.cids.add(event.cid);
    added += 1;
  }
  return added;
}

/** A message is gone: its text leaves this page too, and its row keeps its place. */
function remove(log: RoomLog, { body, by }: ChatEvent): void {
  if (body.target === undefined) return;
  log.gone.set(body.target, by);
  const index = indexOfSeq(log, body.target);
  const event = log.events[index];
  if (event?.seq === body.target) log.events[index] = current(log, event);
}

/** An event without what was deleted since it was said. */
function current(log: RoomLog, event: ChatEvent): ChatEvent {
  return log.gone.has(event.seq) ? { ...event, body: {} } : event;
}

/** Where and how many messages a page put in. */
export interface Inserted {
  at: number;
  count: number;
}

/** Puts a page of history in its place. What is there already is left alone. */
export function insert(log: RoomLog, page: readonly ChatEvent[]): Inserted {
  const fresh = page
    .filter((event) => shown.has(event.kind) && !log.cids.has(event.cid))
    .map((event) => current(log, event));
  const at = indexOfSeq(log, fresh[0]?.seq ?? 0);
  log.events.splice(at, 0, ...fresh);
  for (const event of fresh) log.cids.add(event.cid);
  return { at, count: fresh.length };
}

/** The server said `behind`: events go on after `from`, what is between is a hole. */
export function openHole(log: RoomLog, from: number): void {
  const after = newestSeq(log);
  if (from <= after) return;
  if (log.events.length === 0) log.oldest = Math.min(log.oldest, from + 1);
  else log.holes.push({ after, before: from + 1, reason: 'said', state: 'idle' });
}

/** The server said `reset`: nothing that was received counts any more; say so with a hole at the top. */
export function reset(log: RoomLog, from: number): void {
  log.events = [];
  log.gone = new Map();
  log.cids = new Set();
  log.oldest = 1;
  log.holes = from > 0 ? [{ after: 0, before: from + 1, reason: 'said', state: 'idle' }] : [];
}

/** A page came for a hole. `more`: the hole may go on after (or, with `upward`, before) what came. */
export function shrinkHole(
  log: RoomLog,
  hole: Hole,
  page: readonly ChatEvent[],
  more: boolean,
  upward: boolean,
): void {
  const seqs = page.map((event) => event.seq);
  if (upward) hole.before = more ? Math.min(hole.before, ...seqs) : hole.after + 1;
  else hole.after = more ? Math.max(hole.after, ...seqs) : hole.before - 1;
  hole.state = 'idle';
  if (seqs.length === 0 || hole.after >= hole.before - 1)
    log.holes = log.holes.filter((other) => other !== hole);
}

/** The hole that lies between two neighbouring messages (0: before the first). */
export function holeBetween(log: RoomLog, seq: number, next: number): Hole | undefined {
  return log.holes.find((hole) => hole.after >= seq && hole.before <= next);
}

/** The hole that a number lies in. */
export function holeAt(log: RoomLog, seq: number): Hole | undefined {
  return log.holes.find((hole) => hole.after < seq && seq < hole.before);
}

/** A page came from the middle of a hole: what it does not reach is still missing, on both sides. */
export function splitHole(log: RoomLog, hole: Hole, page: readonly ChatEvent[]): void {
  const first = page[0]?.seq ?? hole.before;
  const last = page.at(-1)?.seq ?? hole.after;
  const sides: Hole[] = [
    { ...hole, before: Math.min(hole.before, first), state: 'idle' },
    { ...hole, after: Math.max(hole.after, last), state: 'idle' },
  ];
  log.holes = [
    ...log.holes.filter((other) => other !== hole),
    ...sides.filter(({ after, before }) => after + 1 < before),
  ];
}
