// The list of rooms: asked over HTTP, then kept up by what the rooms tell; unread counts and last lines live here.

import { computed, effect, signal } from '@preact/signals';
import type { ChatEvent, OutboxItem, Person, RoomView } from '@teahouse/sdk';
import type * as api from '@teahouse/sdk/api';
import { plainOf } from '../text/plain.ts';
import { isGone } from './changes.ts';
import { callsChanged, connection, house, roomsChanged, you } from './house.ts';
import { refreshMe } from './me.ts';
import { begun, openedEvents, receiveView } from './reading.ts';
import { lastRoom, mainRoom } from './route.ts';

/** A room of the list, with the last line that was said in it. */
export interface Listed extends api.RoomListed {
  line?: Line | undefined;
  /** Something that one wrote there was refused. */
  failed?: boolean | undefined;
}

interface Line {
  seq: number;
  by: Person;
  text: string;
  at: number;
}

/** Everything one may see; `undefined` until the house said it. */
export const rooms = signal<readonly Listed[] | undefined>(undefined);
/** Asking failed; what was known stays. */
export const roomsFailed = signal(false);

/** More rooms than these are not followed: their counts come with the list. */
const watchedMax = 100;

/** How long a burst of changes is waited for. */
const soon_ms = 500;

let soon: ReturnType<typeof setTimeout> | undefined;
const following = new Map<string, () => void>();
let asking: Promise<void> | undefined;
let next: Promise<void> | undefined;

/** Asks for the list whenever there is a connection, and when the house says that it is another one. */
export function keepRooms(): () => void {
  const role = computed(() => you.value?.role);
  return effect(() => {
    // What one may do, in the house and in each room, is another thing with another role.
    role.value;
    roomsChanged.value;
    callsChanged.value;
    // The first room comes first, where it is known without the list.
    const first = begun.value || lastRoom.peek() !== mainRoom;
    if (connection.value === 'live' && first) {
      void refreshRooms();
      void refreshMe();
    }
  });
}

/** Asks for the list, one request at a time; resolves once it was asked for after this call. */
export function refreshRooms(): Promise<void> {
  // What is under way may have been answered before the change that one has in mind.
  if (asking !== undefined) {
    next ??= asking.then(askNext);
    return next;
  }
  asking = ask().finally(() => {
    asking = undefined;
  });
  return asking;
}

function askNext(): Promise<void> {
  next = undefined;
  return refreshRooms();
}

async function ask(): Promise<void> {
  const by = you.peek()?.id;
  try {
    const answer = await house().request<{ rooms: api.RoomListed[] }>('GET', 'v1/rooms');
    // Somebody else is here by now.
    if (by !== you.peek()?.id) return;
    receiveRooms(answer.rooms);
    roomsFailed.value = false;
  } catch {
    roomsFailed.value = true;
  }
}

/** The list as the house says it. */
export function receiveRooms(list: readonly api.RoomListed[]): void {
  const before = new Map(rooms.peek()?.map((room) => [room.id, room]));
  rooms.value = list.map((room) => {
    const { line = knownLine(room.id), failed } = before.get(room.id) ?? {};
    return { ...room, line, failed };
  });
  for (const room of list) receiveView(room);
  followRooms(list);
}

/** A room as one sees it now, after one changed something there; resolves when the list has it. */
export function receiveRoom(view: RoomView): Promise<void> {
  const list = rooms.peek();
  if (list?.some(({ id }) => id === view.id)) change(view.id, (room) => ({ ...room, ...view }));
  receiveView(view);
  return refreshRooms();
}

/** Forgets everything: somebody else comes, or nobody. */
export function forgetRooms(): void {
  for (const unfollow of following.values()) unfollow();
  following.clear();
  rooms.value = undefined;
  roomsFailed.value = false;
}

function followRooms(list: readonly api.RoomListed[]): void {
  const recent = [...list].sort((a, b) => (b.last_at ?? 0) - (a.last_at ?? 0));
  const wanted = recent.filter(isMine).slice(0, watchedMax);
  const ids = new Set(wanted.map(({ id }) => id));
  for (const [id, unfollow] of following) {
    if (ids.has(id)) continue;
    unfollow();
    following.delete(id);
  }
  for (const { id } of wanted) if (!following.has(id)) following.set(id, follow(id));
}

function follow(id: string): () => void {
  const room = house().room(id);
  const noteFailed = (items: readonly OutboxItem[]) => {
    const failed = items.some(({ state }) => state === 'failed');
    change(id, (entry) => (failed === !!entry.failed ? entry : { ...entry, failed }));
  };
  noteFailed(room.outbox);
  const ends = [
    room.on('outbox', noteFailed),
    room.on('news', (event) => heard(event)),
    room.on('read', (seq) => readTo(id, seq)),
    room.on('shut', () => void refreshRooms()),
  ];
  room.watch();
  return () => {
    for (const end of ends) end();
  };
}

/** Something happened in a room that is followed. */
export function heard(event: ChatEvent): void {
  const { kind, room, by, body } = event;
  if (kind === 'message') change(room, (entry) => afterMessage(entry, event));
  if (kind === 'delete') change(room, (entry) => afterDelete(entry, body.target ?? 0));
  if (kind === 'edit') change(room, (entry) => afterEdit(entry, event));
  const { room: now } = body;
  if (kind === 'room' && now !== undefined) change(room, (entry) => ({ ...entry, ...now }));
  const isMe = (person: Person | undefined) => person?.id === you.peek()?.id;
  const isComing = kind === 'join' || kind === 'leave';
  if (kind === 'room' || isMe(body.person) || (isComing && isMe(by))) void refreshRooms();
}

/** What was said last, where it is known: the open room tells its messages before the list is here. */
function knownLine(id: string): Line | undefined {
  const last = openedEvents(id)?.findLast(isLine);
  return last && lineOf(last);
}

/** Whether it can stand as the last line of its room. */
export function isLine({ kind, body }: ChatEvent): boolean {
  return kind === 'message' && !isGone(body);
}

function lineOf({ seq, by, at, body: { text = '', mentions, files = [] } }: ChatEvent): Line {
  const said = plainOf(text, mentions);
  return { seq, by, at, text: said === '' ? files.map(({ name }) => name).join(', ') : said };
}

/** The last line of a room, read for the list. */
export function receiveLine(id: string, event: ChatEvent): void {
  change(id, (entry) =>
    (entry.line?.seq ?? 0) < event.seq ? { ...entry, line: lineOf(event) } : entry,
  );
}

/** Counted by the room's own counter, so that an event that is told twice counts once. */
function afterMessage(entry: Listed, event: ChatEvent): Listed {
  const { by, n = 0, seq, at } = event;
  const isNewer = seq > (entry.line?.seq ?? 0);
  const line = isNewer && isLine(event) ? lineOf(event) : entry.line;
  if (n <= entry.n) return { ...entry, line };
  const isOwn = by.id === you.peek()?.id;
  const unread = isOwn ? 0 : entry.unread + n - entry.n;
  return { ...entry, line, n, unread, head: Math.max(entry.head, seq), last_at: at };
}

/** The last line says what it says now. */
function afterEdit(entry: Listed, { body }: ChatEvent): Listed {
  const { line } = entry;
  if (line === undefined || line.seq !== body.target || body.text === undefined) return entry;
  return { ...entry, line: { ...line, text: plainOf(body.text, body.mentions) } };
}

/** What is gone is no line, and nothing unread. */
function afterDelete(entry: Listed, target: number): Listed {
  if (target > entry.read && entry.unread > 0) refreshSoon();
  return entry.line?.seq === target ? { ...entry, line: undefined } : entry;
}

/** Everything up to there was read, on this device or another. */
export function readTo(id: string, seq: number): void {
  change(id, (entry) => {
    if (seq <= entry.read) return entry;
    // Only the house can count what is left between there and the end.
    if (seq < entry.head) refreshSoon();
    if (seq >= entry.head) return { ...entry, read: seq, unread: 0, calls: 0 };
    return { ...entry, read: seq };
  });
}

/** Asks for the list when a burst of changes is over. */
function refreshSoon(): void {
  clearTimeout(soon);
  soon = setTimeout(() => void refreshRooms(), soon_ms);
}

function change(id: string, f: (room: Listed) => Listed): void {
  const list = rooms.peek();
  const index = list?.findIndex((room) => room.id === id) ?? -1;
  const before = list?.[index];
  if (list === undefined || before === undefined) return;
  const after = f(before);
  if (after !== before) rooms.value = list.with(index, after);
}

/** Whether it stands in the sidebar. The main room always does. */
export function isMine(room: RoomView): boolean {
  return (room.joined || room.id === mainRoom) && !room.archived;
}

/** The id of the room with that address: `undefined` while the list is not here. */
export function idOf(address: string): string | undefined {
  if (address === mainRoom) return address;
  const found = rooms.value?.find(({ id, slug }) => id === address || slug === address);
  if (found !== undefined) return found.id;
  return rooms.value === undefined && !roomsFailed.value ? undefined : address;
}

/** What stands in the address of a room. */
export function addressFor(id: string): string {
  const found = rooms.value?.find((room) => room.id === id);
  return found?.slug || id;
}

/** The room with that id, as the list has it. */
export function listedRoom(id: string): Listed | undefined {
  return rooms.value?.find((room) => room.id === id);
}

/** What a room is called: a conversation after whom one has it with. */
export function nameOf(room: Pick<Listed, 'name' | 'direct' | 'people'>): string {
  if (!room.direct) return room.name;
  const others = othersIn(room);
  return others.map(({ name }) => name).join(', ') || room.name;
}

/** Who else takes part in a conversation; oneself, where one talks to oneself. */
export function othersIn({ people = [] }: Pick<Listed, 'people'>): Person[] {
  const others = people.filter(({ id }) => id !== you.value?.id);
  return others.length === 0 ? people : others;
}

/** How many unread messages were said to you: of a conversation all. */
export function countFor(room: Listed): number {
  if (!room.direct) return room.calls ?? 0;
  return room.level === 'nothing' ? 0 : room.unread;
}

/** Something new anywhere that is not muted. */
export const anyUnread = computed(() =>
  (rooms.value ?? []).some((room) => isMine(room) && room.unread > 0 && !room.muted),
);

/** All of them, for the title of the page. */
export const saidToYou = computed(() =>
  (rooms.value ?? []).filter(isMine).reduce((sum, room) => sum + countFor(room), 0),
);
