// Keeps what is shown while there is a connection, and shows it where there is none when the page begins. What the
// house says replaces it; what may not be read any more, and everything at leaving, is forgotten.
import { batch, effect } from '@preact/signals';
import type { Room } from '@teahouse/sdk';
import { connection, ended, endingOf, house, houseName, isStuck, you } from '../state/house.ts';
import * as logs from '../state/log.ts';
import { codeOf, muted, setMuted } from '../state/me.ts';
import { knownTimelines } from '../state/reading.ts';
import { type Listed, rooms } from '../state/rooms.ts';
import { lookers, redraw, type Timeline } from '../state/timeline.ts';
import { visit } from '../state/visit.ts';
import { windowAtEnd } from '../state/window.ts';
import { afterChange, endOf, readEnd } from './ends.ts';
import { amend, drop, dropAll, keep, keptHeads, keptHouse, keptRoom, messagesMax } from './kept.ts';
import { watchOwner } from './owner.ts';

/** How long changes are collected. */
const collect_ms = 1000;

/** It may not be read any more. */
const refusals = new Set(['no_such_room', 'forbidden']);

/** The rooms that changed, while it was sure what is true. */
const changed = new Set<Timeline>();
/** The last seq that is kept of each room. */
const heads = new Map<string, number>();
/** What was read again since this connection began. */
const readAgain = new Set<string>();
const followed = new WeakSet<Room>();
let timer: ReturnType<typeof setTimeout> | undefined;
let begun = false;

/** Begins; called once the page has nothing else to do. */
export function watchOffline(): void {
  if (begun) return;
  begun = true;
  watchOwner();
  quietly(begin());
}

async function begin(): Promise<void> {
  for (const [id, head] of await keptHeads()) heads.set(id, head);
  lookers.add(look);
  for (const timeline of knownTimelines()) look(timeline);
  effect(() => {
    connection.value;
    isStuck.value;
    if (!isAlone()) return;
    quietly(showHouse());
    for (const timeline of knownTimelines()) look(timeline);
  });
  effect(() => {
    const list = rooms.value;
    if (connection.value !== 'live') readAgain.clear();
    else if (list !== undefined) compare(list);
  });
  effect(() => {
    if (visit.value === 'outside' || isOver()) forgetAll();
  });
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState !== 'hidden') return;
    for (const timeline of knownTimelines())
      if (timeline.onScreen && isSure()) changed.add(timeline);
    quietly(write());
  });
}

/** Something changed in a room, or it was opened. */
function look(timeline: Timeline): void {
  follow(timeline.room);
  const phase = timeline.phase.peek();
  if (phase === 'shut' || phase === 'missing') forget(timeline.room.id);
  if (phase === 'open' && isSure()) soon(timeline);
  if (phase === 'opening' && isAlone()) quietly(show(timeline));
}

/** Nobody answers: there is no network, or it has been too long. */
function isAlone(): boolean {
  const state = connection.peek();
  return state === 'offline' || (state !== 'live' && isStuck.peek());
}

/** What is known now is what the house says now. */
function isSure(): boolean {
  return connection.peek() === 'live' && visit.peek() === 'inside';
}

/** One was told to go. */
function isOver(): boolean {
  const { code, reason } = ended.value ?? {};
  const ending = code === undefined ? undefined : endingOf(code, reason);
  return ending === 'signed-out' || ending === 'banned';
}

function soon(timeline: Timeline): void {
  changed.add(timeline);
  timer ??= setTimeout(() => whenIdle(() => quietly(write())), collect_ms);
}

/** Safari knows no idle time yet. */
function whenIdle(work: () => void): void {
  if (typeof requestIdleCallback === 'function') requestIdleCallback(work, { timeout: 5000 });
  else work();
}

/** Also after the connection was lost: what was true until then is what will be shown. */
async function write(): Promise<void> {
  clearTimeout(timer);
  timer = undefined;
  const [person, list] = [you.peek(), rooms.peek()];
  if (changed.size === 0 || person === undefined || list === undefined) return;
  const ends = [...changed].flatMap((timeline) => endOf(timeline) ?? []);
  changed.clear();
  for (const { id, head } of ends) heads.set(id, head);
  const name = houseName.peek();
  await keep({ you: person, name, rooms: list, muted: [...muted.peek()] }, ends);
}

function forget(id: string): void {
  for (const timeline of changed) if (timeline.room.id === id) changed.delete(timeline);
  heads.delete(id);
  quietly(drop(id));
}

function forgetAll(): void {
  changed.clear();
  heads.clear();
  quietly(dropAll());
}

async function showHouse(): Promise<void> {
  const id = you.peek()?.id;
  const kept = id === undefined ? undefined : await keptHouse(id);
  if (kept === undefined || rooms.peek() !== undefined || connection.peek() === 'live') return;
  batch(() => {
    houseName.value = kept.name;
    setMuted(kept.muted);
    rooms.value = kept.rooms;
  });
}

async function show(timeline: Timeline): Promise<void> {
  const id = you.peek()?.id;
  const kept = id === undefined ? undefined : await keptRoom(id, timeline.room.id);
  const { phase, asOf, log } = timeline;
  const isWanted = phase.peek() === 'opening' && log.events.length === 0;
  if (kept === undefined || !isWanted || asOf.peek() !== undefined) return;
  if (connection.peek() === 'live') return;
  batch(() => {
    log.oldest = kept.oldest;
    logs.insert(log, kept);
    timeline.window = windowAtEnd(log.events.length);
    timeline.info.value ??= kept.info;
    timeline.readMark.value = kept.read;
    asOf.value = kept.at;
    redraw(timeline);
  });
}

/**
 * Rooms that one does not see any more are forgotten. Where the house has more than what is kept, something may have
 * been deleted while nobody was here to be told: that is read again, once a connection.
 */
function compare(list: readonly Listed[]): void {
  const seen = new Map(list.map((room) => [room.id, room]));
  const open = new Set(knownTimelines().map(({ room }) => room.id));
  for (const [id, head] of heads) {
    const room = seen.get(id);
    if (room === undefined) {
      forget(id);
      continue;
    }
    follow(house().room(id));
    if (room.head <= head || open.has(id) || readAgain.has(id)) continue;
    readAgain.add(id);
    whenIdle(() => quietly(refresh(room)));
  }
}

async function refresh(room: Listed): Promise<void> {
  try {
    const range = { before: room.head + 1, limit: messagesMax };
    const end = readEnd(room, await house().room(room.id).history(range));
    await amend(room.id, (kept) => (kept.head > end.head ? kept : end));
    if (heads.has(room.id)) heads.set(room.id, end.head);
  } catch (error) {
    if (refusals.has(codeOf(error))) forget(room.id);
  }
}

function follow(room: Room): void {
  if (followed.has(room)) return;
  followed.add(room);
  room.on('shut', () => forget(room.id));
  room.on('news', (event) => {
    if (event.kind === 'delete' || event.kind === 'edit')
      quietly(amend(room.id, (kept) => afterChange(kept, event)));
  });
}

/** A browser that keeps nothing has nothing to show: the page goes on as without. */
function quietly(work: Promise<void>): void {
  work.catch(() => undefined);
}
