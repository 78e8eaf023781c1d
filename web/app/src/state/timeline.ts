// One room on the page: what was received, which part of it stands in the list, where the reader is.
// Follows the SDK's room; every change ends in `changed`, which makes the rows anew.
import { batch, computed, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import type {
  ChatEvent,
  HistoryRange,
  OutboxItem,
  Page,
  Person,
  Room,
  RoomView,
} from '@teahouse/sdk';
import { connection, you } from './house.ts';
import * as logs from './log.ts';
import { muted } from './me.ts';
import { buildRows, type Row } from './rows.ts';
import * as windows from './window.ts';

/** Where the reader is, in pixels: what lies below and above the screen, and the screen itself. */
export interface Place {
  below: number;
  above: number;
  view: number;
}

/** An order to the list to set the scroll position; there are only these three. */
export type Jump = { to: 'end' } | { to: 'message'; seq: number; light: boolean } | { to: 'new' };

/**
 * What stands at the top of the screen: the row, and how far below the top its last line ends, in pixels.
 * Its head may go when older rows of the same person come before it.
 */
export interface Anchor {
  seq: number;
  offset: number;
}

export interface Timeline {
  room: Room;
  log: logs.RoomLog;
  window: windows.Window;
  place: Place;
  /** The list is on the page: only then is anything read or announced. */
  onScreen: boolean;
  /** No scroll for 120 ms and no finger down. */
  settled: boolean;
  /** How many rows the live end keeps; raised on tall screens. */
  keep: number;
  changed: Signal<number>;
  rows: ReadonlySignal<Row[]>;
  /** `shut`: it may not be read any more. */
  phase: Signal<'opening' | 'open' | 'missing' | 'failed' | 'shut'>;
  info: Signal<RoomView | undefined>;
  here: Signal<Room['here']>;
  typing: Signal<Person[]>;
  outbox: Signal<readonly OutboxItem[]>;
  readMark: Signal<number>;
  /** How many messages are pinned, once that is known. */
  pins: Signal<number>;
  older: Signal<'idle' | 'loading' | 'failed'>;
  /** The reader is within one screen of the newest message. */
  near: Signal<boolean>;
  /** Messages of others that the reader has not had on screen. */
  unseen: Signal<number>;
  /** The new line: where and how many, fixed when the room was opened. */
  fresh: Signal<{ after: number; count: number; since: number } | undefined>;
  jump: Signal<Jump | undefined>;
  /** What is shown was kept on this device at that moment; the house has said nothing yet. */
  asOf: Signal<number | undefined>;
  /** What the house said while that is shown: it replaces it once all of it is here. */
  early: ChatEvent[];
  /** Where to return to when the list comes back: first visible message and its distance from the top. */
  anchor: Anchor | undefined;
  /** Rows were added below the reader, who must not move: the scroller puts this back where it was. */
  hold: boolean;
  seenSeq: number;
  /** Quoted messages are being fetched. */
  quoting: boolean;
  /** Marked unread by hand: nothing is read until the room is opened again. */
  keptUnread: boolean;
  /** The newest message when the connection was lost; *Show* of the banner leads behind it. */
  beforeLoss: number;
}

export const tailEvents = 80;
/** In rooms with more people here nobody is told who came and left. */
const crowdedFrom = 50;

export function makeTimeline(room: Room): Timeline {
  let before: Row[] = [];
  const timeline: Timeline = {
    room,
    log: logs.emptyLog(),
    window: { start: 0, end: 0 },
    place: { below: 0, above: 0, view: 0 },
    onScreen: false,
    settled: true,
    keep: windows.rowsAtEnd,
    changed: signal(0),
    rows: computed(() => {
      timeline.changed.value;
      before = buildRows(rowsInput(timeline), before);
      return before;
    }),
    phase: signal('opening'),
    info: signal(room.info),
    here: signal(room.here),
    typing: signal(room.typing),
    outbox: signal(room.outbox),
    readMark: signal(room.readMark),
    pins: signal(0),
    older: signal('idle'),
    near: signal(true),
    unseen: signal(0),
    fresh: signal(undefined),
    jump: signal(undefined),
    asOf: signal(undefined),
    early: [],
    anchor: undefined,
    hold: false,
    seenSeq: 0,
    quoting: false,
    keptUnread: false,
    beforeLoss: 0,
  };
  return timeline;
}

function rowsInput(timeline: Timeline) {
  return {
    log: timeline.log,
    window: timeline.window,
    outbox: timeline.outbox.value,
    you: you.value,
    connected: connection.value === 'live',
    fresh: timeline.fresh.value,
    muted: muted.value,
    crowded: timeline.here.value.count > crowdedFrom,
    direct: timeline.info.value?.direct ?? false,
    people: calledNow(timeline),
  };
}

/** Who is here, and oneself, as they are called at this moment. */
function calledNow({ here }: Timeline): Map<string, Person> {
  const people = [...(here.value.people ?? []), ...(you.value === undefined ? [] : [you.value])];
  return new Map(people.map((person) => [person.id, person]));
}

/** The window reaches the newest message that was received. */
export function reachesEnd(timeline: Timeline): boolean {
  return timeline.window.end === timeline.log.events.length;
}

/** At the very end, or close to it and quiet: only then may something be added to the page. */
function mayAppend(timeline: Timeline): boolean {
  if (!reachesEnd(timeline)) return false;
  return timeline.place.below < 4 || (timeline.near.value && timeline.settled);
}

/** Who wants to know that something changed in a room. */
export const lookers = new Set<(timeline: Timeline) => void>();

export function redraw(timeline: Timeline): void {
  timeline.changed.value += 1;
  for (const look of lookers) look(timeline);
}

/** What was kept of the room is over; the reader stays where that row still is. */
export function startAnew(timeline: Timeline): void {
  if (timeline.asOf.peek() === undefined) return;
  timeline.asOf.value = undefined;
  timeline.log = logs.emptyLog();
  logs.append(timeline.log, timeline.early.splice(0), you.peek()?.id);
  timeline.window = windows.windowAtEnd(timeline.log.events.length, timeline.keep);
  timeline.hold = timeline.place.below >= 4;
}

/** New events from the house. */
export function receive(timeline: Timeline, events: readonly ChatEvent[]): void {
  if (timeline.asOf.peek() !== undefined) return void timeline.early.push(...events);
  batch(() => {
    const appends = mayAppend(timeline);
    const added = logs.append(timeline.log, events, you.peek()?.id);
    if (added > 0 && appends) showEnd(timeline);
    countUnseen(timeline);
    redraw(timeline);
  });
}

/** The window goes to the newest message; at the very end its top is cut, else only what is far above. */
function showEnd(timeline: Timeline): void {
  const count = timeline.log.events.length;
  const { window, place, keep } = timeline;
  if (place.below < 4) timeline.window = windows.windowAtEnd(count, keep);
  else timeline.window = { start: Math.max(window.start, count - windows.rowsMax), end: count };
}

export function countUnseen(timeline: Timeline): void {
  if (timeline.onScreen && reachesEnd(timeline) && timeline.near.value) {
    timeline.seenSeq = logs.newestSeq(timeline.log);
  }
  const from = logs.indexOfSeq(timeline.log, timeline.seenSeq + 1);
  const me = you.peek()?.id;
  timeline.unseen.value = timeline.log.events
    .slice(from)
    .filter((event) => event.kind === 'message' && event.by.id !== me).length;
}

/** What the SDK's outbox holds now: written here and not yet among the events. */
export function receiveOutbox(timeline: Timeline, items: readonly OutboxItem[]): void {
  timeline.outbox.value = items;
}

/** A page of history in its place. What comes by itself is not taken from it: that goes to the end. */
export function receivePage(timeline: Timeline, asked: HistoryRange, page: Page): void {
  const { log } = timeline;
  const wasEmpty = log.events.length === 0;
  const edge = logs.edgeOf(log);
  const messages = page.messages.filter(({ seq }) => seq <= edge);
  for (const { at, count } of logs.insert(log, { ...page, messages }, you.peek()?.id))
    timeline.window = wasEmpty
      ? windows.windowAtEnd(count)
      : windows.shifted(timeline.window, at, count);
  logs.know(log, ...logs.reachOf(asked, page));
}

/** The house said aloud that events are missing. */
export function receiveHole(timeline: Timeline, from: number, reason: 'behind' | 'reset'): void {
  batch(() => {
    if (reason === 'behind') logs.openHole(timeline.log, from);
    else {
      logs.reset(timeline.log, from);
      timeline.window = { start: 0, end: 0 };
      timeline.fresh.value = undefined;
      timeline.seenSeq = 0;
    }
    redraw(timeline);
  });
}
