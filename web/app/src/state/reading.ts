// What the reader does with a room: opens it, scrolls, jumps, asks for what is missing, reads.
// Orders to the scroller leave through `timeline.jump`; nothing here touches the page.
import { batch, signal } from '@preact/signals';
import { type ChatEvent, type OutboxItem, type RoomView, TeahouseError } from '@teahouse/sdk';
import { words } from '../i18n/language.ts';
import { drawNow } from './frames.ts';
import { connection, house, roomsChanged, you } from './house.ts';
import * as logs from './log.ts';
import { tell } from './overlay.ts';
import { attentive } from './screen.ts';
import {
  countUnseen,
  type Jump,
  makeTimeline,
  type Place,
  reachesEnd,
  receive,
  receiveHole,
  receiveOutbox,
  receivePage,
  redraw,
  startAnew,
  type Timeline,
  tailEvents,
} from './timeline.ts';
import { announceFault } from './voice.ts';
import * as windows from './window.ts';

/** A room was opened, or could not be: what is not needed for that may come. */
export const begun = signal(false);

const timelines = new Map<string, { timeline: Timeline; unfollow: () => void }>();

/** The timeline of a room; it lives as long as the page, so that returning finds everything in place. */
export function timelineOf(id: string): Timeline {
  let known = timelines.get(id);
  if (known === undefined) {
    const timeline = makeTimeline(house().room(id));
    known = { timeline, unfollow: follow(timeline) };
    timelines.set(id, known);
    void open(timeline);
    redraw(timeline);
  }
  return known.timeline;
}

/** The timelines of all rooms that were on the page. */
export function knownTimelines(): Timeline[] {
  return [...timelines.values()].map(({ timeline }) => timeline);
}

/** The messages of a room that was opened on this page. */
export function openedEvents(id: string): readonly ChatEvent[] | undefined {
  return timelines.get(id)?.timeline.log.events;
}

/** What the list of rooms says of a room is true of the open one, too. */
export function receiveView(view: RoomView): void {
  const info = timelines.get(view.id)?.timeline.info;
  if (info?.peek() !== undefined) info.value = view;
}

/** Forgets every room: after leaving or signing in as somebody else. */
export function forgetTimelines(): void {
  for (const { unfollow } of timelines.values()) unfollow();
  timelines.clear();
}

/** Binds the signals to what the SDK's room tells; returns the end of it. */
export function follow(timeline: Timeline): () => void {
  const { room } = timeline;
  const ends = [
    room.on('events', (events) => {
      receive(timeline, events);
      receiveChange(timeline, events);
      announce(timeline, events);
      markRead(timeline);
    }),
    room.on('info', (info) => {
      timeline.info.value = info;
    }),
    room.on('here', (here) => {
      timeline.here.value = here;
    }),
    room.on('typing', (typing) => {
      timeline.typing.value = typing;
    }),
    room.on('outbox', (items) => {
      const failed = failures(timeline);
      receiveOutbox(timeline, items);
      if (failures(timeline) > failed) announceFault(words().sendFailed);
      takeBack(timeline, items);
    }),
    room.on('read', (seq) => {
      timeline.readMark.value = seq;
    }),
    room.on('hole', (hole) => {
      startAnew(timeline);
      receiveHole(timeline, hole.from, hole.reason);
    }),
    room.on('shut', () => {
      timeline.phase.value = 'shut';
    }),
    room.on('live', (live) => {
      if (!live) timeline.beforeLoss = logs.newestSeq(timeline.log);
    }),
  ];
  return () => {
    for (const end of ends) end();
  };
}

/** What is new while somebody is at this window is said by a part that comes when it is needed. */
function announce(timeline: Timeline, events: readonly ChatEvent[]): void {
  if (!timeline.onScreen || !attentive.peek()) return;
  if (timeline.phase.peek() === 'open' && timeline.room.live)
    void import('./speech.ts').then(
      ({ announceEvents }) => announceEvents(timeline, events),
      ignore,
    );
}

/** Who needs it asks again. */
function ignore(): void {}

/** The room itself changed: its name and topic now, what one may do there with the list of rooms. */
function receiveChange({ info }: Timeline, events: readonly ChatEvent[]): void {
  const room = events.findLast(({ kind }) => kind === 'room')?.body.room;
  const before = info.peek();
  if (room === undefined || before === undefined) return;
  info.value = { ...before, ...room };
  roomsChanged.value += 1;
}

function failures(timeline: Timeline): number {
  return timeline.outbox.peek().filter((item) => item.state === 'failed').length;
}

/** A reaction, a pin or a deletion that was refused is as it was before, and says why. An edit keeps its text. */
function takeBack({ room }: Timeline, items: readonly OutboxItem[]): void {
  const keepsText = ['message', 'edit'];
  for (const { kind = 'message', state, cid, error } of items) {
    if (state !== 'failed' || keepsText.includes(kind)) continue;
    void room.discard(cid);
    tell(words().actRefused(error?.code ?? 'internal'));
  }
}

/** Subscribes, then places the new line and the window. */
export async function open(timeline: Timeline): Promise<void> {
  timeline.phase.value = 'opening';
  try {
    await timeline.room.open(tailEvents);
    await firstLive(timeline);
    await opened(timeline);
  } catch (error) {
    const code = error instanceof TeahouseError ? error.code : 'internal';
    timeline.phase.value = code === 'no_such_room' || code === 'forbidden' ? 'missing' : 'failed';
  }
  begun.value = true;
}

/** The subscription is answered before its tail: wait until everything is here. */
function firstLive({ room }: Timeline): Promise<void> {
  if (room.live) return Promise.resolve();
  return new Promise((resolve) => {
    const end = room.on('live', (live) => {
      if (!live) return;
      end();
      resolve();
    });
  });
}

async function opened(timeline: Timeline): Promise<void> {
  startAnew(timeline);
  const { room, log } = timeline;
  const head = room.head;
  logs.know(log, head + 1);
  // Who reads further up has what was kept on this device before their eyes.
  const { below, view } = timeline.place;
  timeline.window =
    below < 4
      ? windows.windowToBegin(log.events.length, view)
      : windows.windowAtEnd(log.events.length);
  timeline.readMark.value = room.readMark;
  await placeNewLine(timeline).catch(() => undefined);
  batch(() => {
    timeline.info.value = room.info;
    timeline.here.value = room.here;
    timeline.outbox.value = room.outbox;
    timeline.seenSeq = logs.newestSeq(log);
    timeline.phase.value = 'open';
    countUnseen(timeline);
    redraw(timeline);
  });
  drawNow();
  markRead(timeline);
  // What was waited for may show nothing. Whether it fills the screen is seen when it is drawn.
  const isBlank = !log.events.some(({ kind }) => kind === 'message');
  if (isBlank && !logs.hasBeginning(log)) void loadOlder(timeline);
}

/** The new line stands before the first message after the read mark. Who was never here has nothing new. */
async function placeNewLine(timeline: Timeline): Promise<void> {
  const { log } = timeline;
  const mark = timeline.readMark.peek();
  if (mark === 0 || mark >= logs.newestSeq(log)) return;
  if (mark + 1 < log.oldest) await fetchAfterMark(timeline, mark);
  const after = log.events.slice(logs.indexOfSeq(log, mark + 1));
  const first = after.find(({ kind }) => kind === 'message');
  const last = after.findLast(({ kind }) => kind === 'message');
  if (first === undefined || last === undefined || first.by.id === you.peek()?.id) return;
  const count = (last.n ?? 0) - (first.n ?? 0) + 1;
  timeline.fresh.value = { after: mark, count, since: first.at };
}

/** The mark is older than what we have: fetch what follows it; what lies between is a hole until it is wanted. */
async function fetchAfterMark(timeline: Timeline, mark: number): Promise<void> {
  const asked = { after: mark, limit: windows.rowsPage };
  receivePage(timeline, asked, await timeline.room.history(asked));
}

/** The list came on the page: the room is opened, so the new line stands where the read mark is now. */
export function appear(timeline: Timeline): void {
  timeline.onScreen = true;
  timeline.keptUnread = false;
  if (timeline.phase.peek() !== 'open') return;
  void placeNewLine(timeline)
    .catch(() => undefined)
    .then(() => redraw(timeline));
}

/** The list left the page: the room is left, and the new line has done its work. */
export function disappear(timeline: Timeline): void {
  timeline.onScreen = false;
  clearNewLine(timeline);
}

/** The reader moved. Where a jump is still to be drawn, the list stands where nobody will be. */
export function scrolled(timeline: Timeline, place: Place): void {
  if (timeline.jump.peek() !== undefined) return;
  timeline.place = place;
  timeline.near.value = place.below <= place.view;
  if (place.above < place.view * 1.5) wantOlder(timeline);
  if (timeline.near.peek() && reachesEnd(timeline)) {
    countUnseen(timeline);
    markRead(timeline);
  }
}

/** Scrolling stopped and no finger is down: what waited below may enter the page. */
export function settle(timeline: Timeline): void {
  timeline.settled = true;
  if (!timeline.near.peek() || reachesEnd(timeline)) return;
  timeline.window = windows.growDown(timeline.window, timeline.log.events.length);
  timeline.hold = true;
  countUnseen(timeline);
  redraw(timeline);
}

/** More above: from what was received, else from the house, one request at a time. */
export function wantOlder(timeline: Timeline): void {
  const { window, log, place } = timeline;
  if (timeline.phase.peek() !== 'open') return;
  if (window.start > 0) {
    showOlder(timeline);
    if (place.below <= place.view)
      timeline.keep = Math.min(windows.rowsMax, timeline.window.end - timeline.window.start);
    redraw(timeline);
    return;
  }
  if (logs.hasBeginning(log) || timeline.older.peek() !== 'idle') return;
  void loadOlder(timeline);
}

/** A page more at the top; when rows below the reader are cut for it, the reader must not move. */
function showOlder(timeline: Timeline): void {
  const { end } = timeline.window;
  timeline.window = windows.growUp(timeline.window);
  if (timeline.window.end < end) timeline.hold = true;
}

/** Asks the house for the page before the oldest message. */
export async function loadOlder(timeline: Timeline): Promise<void> {
  const { log, room } = timeline;
  timeline.older.value = 'loading';
  const asked = { before: log.oldest, limit: windows.rowsPage };
  try {
    const page = await room.history(asked);
    batch(() => {
      receivePage(timeline, asked, page);
      showOlder(timeline);
      timeline.older.value = 'idle';
      redraw(timeline);
    });
  } catch {
    timeline.older.value = 'failed';
  }
}

/** Loads a page of a hole, from its older side; at the top of a reset room from the newer one. */
export async function fillHole(timeline: Timeline, hole: logs.Hole): Promise<void> {
  if (hole.state === 'loading') return;
  hole.state = 'loading';
  redraw(timeline);
  const { after, before } = hole;
  const upward = after === 0;
  const asked = { ...(upward ? { before } : { after }), limit: windows.rowsPage };
  try {
    const page = await timeline.room.history(asked);
    batch(() => {
      receivePage(timeline, asked, page);
      if (upward) timeline.window = windows.growUp(timeline.window);
      timeline.hold = true;
      hole.state = 'idle';
      countUnseen(timeline);
      redraw(timeline);
    });
  } catch {
    hole.state = 'failed';
    redraw(timeline);
  }
}

/** To the newest message. */
export function jumpToEnd(timeline: Timeline): void {
  batch(() => {
    timeline.window = windows.windowAtEnd(timeline.log.events.length, timeline.keep);
    timeline.place = { ...timeline.place, below: 0 };
    timeline.near.value = true;
    countUnseen(timeline);
    order(timeline, { to: 'end' });
  });
  markRead(timeline);
}

/** To the new line. */
export function jumpToNew(timeline: Timeline): void {
  const mark = timeline.fresh.peek()?.after;
  if (mark === undefined) return;
  showAround(timeline, mark + 1);
  order(timeline, { to: 'new' });
}

/** To a message that was received. */
export function jumpToMessage(timeline: Timeline, seq: number): void {
  showAround(timeline, seq);
  order(timeline, { to: 'message', seq, light: true });
}

function showAround(timeline: Timeline, seq: number): void {
  const index = logs.indexOfSeq(timeline.log, seq);
  const { start, end } = timeline.window;
  if (index < start || index >= end)
    timeline.window = windows.windowAround(index, timeline.log.events.length);
}

function order(timeline: Timeline, jump: Jump): void {
  timeline.jump.value = jump;
  redraw(timeline);
}

/** Esc: the new line has done its work. */
export function clearNewLine(timeline: Timeline): void {
  timeline.fresh.value = undefined;
  redraw(timeline);
}

/** *Mark read*: all of it, and the new line goes. */
export function readAll(timeline: Timeline): void {
  timeline.room.read(timeline.room.head);
  clearNewLine(timeline);
}

/** What is on screen at the end, while somebody looks, is read. */
export function markRead(timeline: Timeline): void {
  const newest = logs.newestSeq(timeline.log);
  const atEnd = timeline.onScreen && timeline.near.peek() && reachesEnd(timeline);
  const looking = attentive.peek() && atEnd;
  if (!looking || timeline.phase.peek() !== 'open' || connection.peek() !== 'live') return;
  if (timeline.keptUnread) return;
  if (newest > timeline.readMark.peek()) {
    timeline.readMark.value = newest;
    timeline.room.read(newest);
  }
}
