// From messages to what stands in the list: days, the new line, holes, groups, rows on their way out.
// Pure: the same input gives the same rows, and rows that did not change are the same objects as before.
import type { ChatEvent, FileView, MessageState, OutboxItem, Person } from '@teahouse/sdk';
import { callsEverybody } from '../text/plain.ts';
import { dayOf } from '../text/time.ts';
import { expected, isGone, untouched } from './changes.ts';
import { type Hole, hasBeginning, holeBetween, messageAt, newestSeq, type RoomLog } from './log.ts';
import type { Window } from './window.ts';

export interface MessageRow {
  type: 'message';
  key: string;
  /** Undefined while the house has not numbered it. */
  seq: number | undefined;
  by: Person;
  text: string;
  at: number;
  /** Carries avatar and name; a following row of a group does not. */
  first: boolean;
  mine: boolean;
  /** Our own message on its way out. */
  item: OutboxItem | undefined;
  /** The row of a block that says *Waiting for the connection*. */
  waits: boolean;
  /** The text is deleted, or its author muted by the reader. */
  gone: 'deleted' | 'by-moderator' | 'muted' | undefined;
  edited: boolean;
  /** Its reactions, replies and pin, with what is still on its way. */
  state: MessageState;
  /** The message that it replies to, by seq, and what is known of it. */
  target: number | undefined;
  quote: ChatEvent | 'gone' | undefined;
  /** Who its text names. */
  mentions: readonly Person[] | undefined;
  files: readonly FileView[] | undefined;
  /** It names the reader, or everybody. */
  calls: boolean;
  /** An edit of it that was refused: nothing typed is lost. */
  refused: OutboxItem | undefined;
}

/** One grey line: what happened to the room, or a run of people who came and went. */
export interface SystemRow {
  type: 'system';
  key: string;
  events: readonly ChatEvent[];
}

export type Row =
  | MessageRow
  | SystemRow
  | { type: 'day'; key: string; at: number }
  | { type: 'new'; key: string; count: number }
  | { type: 'hole'; key: string; hole: Hole; state: Hole['state'] }
  | { type: 'born'; key: string };

export interface RowsInput {
  log: RoomLog;
  window: Window;
  outbox: readonly OutboxItem[];
  you: Person | undefined;
  connected: boolean;
  /** The read mark when the room was opened, and how many messages came after it. */
  fresh: { after: number; count: number } | undefined;
  /** People whose messages the reader does not want to see. */
  muted?: ReadonlySet<string>;
  /** In a large room nobody wants to know who comes and goes. */
  crowded?: boolean;
  /** A conversation: nobody comes or goes there. */
  direct?: boolean;
  /** Who is here, by id, as they are called now; an event has the name that it was said under. */
  people?: ReadonlyMap<string, Person>;
}

const group_ms = 5 * 60_000;

/** The rows of a window; `before` are the rows of the last time, reused where nothing changed. */
export function buildRows(input: RowsInput, before: readonly Row[] = []): Row[] {
  const { log, window } = input;
  const rows: Row[] = [];
  if (
    window.start === 0 &&
    hasBeginning(log) &&
    holeBetween(log, 0, log.events[0]?.seq ?? Infinity) === undefined
  ) {
    rows.push({ type: 'born', key: 'born' });
  }
  const changes = byTarget(input.outbox);
  let previous = log.events[window.start - 1];
  for (const event of log.events.slice(window.start, window.end)) {
    const isComing = event.kind === 'join' || event.kind === 'leave';
    const isTold = event.kind === 'message' || event.kind === 'pin';
    if ((input.crowded && isComing) || (input.direct && !isTold)) continue;
    const broken = pushBetween(rows, input, previous, event);
    if (event.kind === 'message') {
      rows.push(ofEvent(event, previous, broken, input, changes.get(event.seq)));
    } else pushSystem(rows, event, isComing);
    previous = event;
  }
  if (window.end === log.events.length) pushTail(rows, input);
  return reuse(rows, before);
}

/** Day, hole and new line before an event; says whether one of them ends the group. */
function pushBetween(
  rows: Row[],
  input: RowsInput,
  previous: ChatEvent | undefined,
  event: ChatEvent,
): boolean {
  const { log, fresh } = input;
  const length = rows.length;
  const hole = holeBetween(log, previous?.seq ?? 0, event.seq);
  if (hole !== undefined) rows.push(holeRow(hole));
  if (previous === undefined || dayOf(previous.at) !== dayOf(event.at)) {
    rows.push({ type: 'day', key: `day-${dayOf(event.at)}`, at: event.at });
  }
  if (fresh !== undefined && event.seq > fresh.after && (previous?.seq ?? 0) <= fresh.after) {
    rows.push({ type: 'new', key: 'new', count: fresh.count });
  }
  return rows.length > length;
}

/** Runs of people who come and go are one line. */
function pushSystem(rows: Row[], event: ChatEvent, isComing: boolean): void {
  const last = rows.at(-1);
  if (isComing && last?.type === 'system' && isRun(last)) {
    rows[rows.length - 1] = { ...last, events: [...last.events, event] };
  } else rows.push({ type: 'system', key: `system-${event.seq}`, events: [event] });
}

function isRun({ events }: SystemRow): boolean {
  const kind = events[0]?.kind;
  return kind === 'join' || kind === 'leave';
}

/** What changes messages and is still on its way, by the message. */
function byTarget(outbox: readonly OutboxItem[]): Map<number, OutboxItem[]> {
  const found = new Map<number, OutboxItem[]>();
  for (const item of outbox) {
    if (item.target === undefined || isMessage(item)) continue;
    found.set(item.target, [...(found.get(item.target) ?? []), item]);
  }
  return found;
}

function isMessage({ kind = 'message' }: OutboxItem): boolean {
  return kind === 'message';
}

const nobody: Person = { id: '', name: '' };

function ofEvent(
  stored: ChatEvent,
  previous: ChatEvent | undefined,
  broken: boolean,
  { you, log, muted, people }: RowsInput,
  changes: readonly OutboxItem[] = [],
): MessageRow {
  const hanging = log.states.get(stored.seq) ?? untouched;
  const { message: event, state } = expected(stored, hanging, changes, you ?? nobody);
  const { target, mentions, files } = event.body;
  const grouped =
    !broken &&
    target === undefined &&
    previous?.kind === 'message' &&
    previous.by.id === event.by.id &&
    event.at - previous.at < group_ms;
  return {
    type: 'message',
    key: event.cid,
    seq: event.seq,
    by: people?.get(event.by.id) ?? event.by,
    text: event.body.text ?? '',
    at: event.at,
    first: !grouped,
    mine: event.by.id === you?.id,
    item: undefined,
    waits: false,
    gone: goneOf(event, log, muted),
    edited: event.rev !== undefined,
    state,
    target,
    quote: target === undefined ? undefined : quoteOf(log, target),
    mentions,
    files,
    calls: callsMe(event, you),
    refused: changes.find(({ kind, state: sent }) => kind === 'edit' && sent === 'failed'),
  };
}

/** What a reply stands under, as far as it is known. */
function quoteOf(log: RoomLog, target: number): MessageRow['quote'] {
  const found = messageAt(log, target) ?? log.quotes.get(target);
  if (found === undefined) return log.quotes.has(target) ? 'gone' : undefined;
  return found.kind === 'message' && !isGone(found.body) ? found : 'gone';
}

/** It names one, as the house read it, or everybody. */
export function callsMe({ by, body }: ChatEvent, you: Person | undefined): boolean {
  if (you === undefined || by.id === you.id) return false;
  return body.mentions?.some(({ id }) => id === you.id) || callsEverybody(body.text ?? '');
}

function goneOf(
  { by, body, seq }: ChatEvent,
  log: RoomLog,
  muted: ReadonlySet<string> | undefined,
): MessageRow['gone'] {
  if (isGone(body)) {
    const who = log.gone.get(seq);
    return who === undefined || who.id === by.id ? 'deleted' : 'by-moderator';
  }
  return muted?.has(by.id) ? 'muted' : undefined;
}

/** What is at the end: a hole that no event followed yet, then our own messages on their way out. */
function pushTail(rows: Row[], input: RowsInput): void {
  const { log, outbox, you, connected } = input;
  const hole = log.holes.find((open) => open.after >= newestSeq(log));
  if (hole !== undefined) rows.push(holeRow(hole));
  if (you === undefined) return;
  const items = outbox.filter((item) => isMessage(item) && !log.cids.has(item.cid));
  let previous: { by: Person; at: number } | undefined =
    hole === undefined ? log.events.at(-1) : undefined;
  items.forEach((item, index) => {
    const last = items[index + 1]?.state !== 'pending';
    const newDay = previous === undefined || dayOf(previous.at) < dayOf(item.written_at);
    if (newDay)
      rows.push({ type: 'day', key: `day-${dayOf(item.written_at)}`, at: item.written_at });
    const near = previous !== undefined && Math.abs(item.written_at - previous.at) < group_ms;
    rows.push({
      type: 'message',
      key: item.cid,
      seq: undefined,
      by: you,
      text: item.text,
      at: item.written_at,
      first: newDay || !near || previous?.by.id !== you.id || item.target !== undefined,
      mine: true,
      item,
      waits: !connected && item.state === 'pending' && last,
      gone: undefined,
      edited: false,
      state: untouched,
      target: item.target,
      quote: item.target === undefined ? undefined : quoteOf(log, item.target),
      mentions: input.people === undefined ? undefined : [...input.people.values()],
      files: item.files,
      calls: false,
      refused: undefined,
    });
    previous = { by: you, at: item.written_at };
  });
}

function holeRow(hole: Hole): Row {
  return { type: 'hole', key: `hole-${hole.before}`, hole, state: hole.state };
}

function reuse(rows: Row[], before: readonly Row[]): Row[] {
  const known = new Map(before.map((row) => [row.key, row]));
  return rows.map((row) => {
    const old = known.get(row.key);
    return old !== undefined && sameRow(old, row) ? old : row;
  });
}

function sameRow(a: Row, b: Row): boolean {
  const left = a as unknown as Record<string, unknown>;
  const right = b as unknown as Record<string, unknown>;
  return Object.keys(right).every(
    (field) =>
      left[field] === right[field] ||
      samePerson(field, left, right) ||
      (lists.has(field) && sameList(left[field], right[field])),
  );
}

const lists = new Set(['events', 'mentions']);

function sameList(a: unknown, b: unknown): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return false;
  return a.length === b.length && a.every((one, index) => one === b[index]);
}

/** Each event brings its own copy of its author: equal by what is drawn. */
function samePerson(
  field: string,
  a: Record<string, unknown>,
  b: Record<string, unknown>,
): boolean {
  if (field !== 'by') return false;
  const left = a['by'] as Person;
  const right = b['by'] as Person;
  return (
    left.id === right.id &&
    left.name === right.name &&
    left.role === right.role &&
    left.picture === right.picture
  );
}
