// The actions of the app: what the command menu offers, what keys do, and what the list of shortcuts shows.

import type { IconName } from '../icons.ts';
import { copy } from '../parts/copy.ts';
import { partWords } from '../parts/words.ts';
import { markRead, muteRoom } from '../rooms/RoomMenu.tsx';
import { house } from '../state/house.ts';
import { may } from '../state/me.ts';
import { show, tell } from '../state/overlay.ts';
import { openPanel, togglePanel } from '../state/panel.ts';
import { jumpToEnd, timelineOf } from '../state/reading.ts';
import { addressFor, isMine, rooms } from '../state/rooms.ts';
import { addressOf, go, roomRoute } from '../state/route.ts';
import { isMac } from '../state/screen.ts';
import { changeSettings } from '../state/settings.ts';
import { openRoom, step } from './around.ts';
import { focusRegion } from './regions.ts';
import type { KeyWords } from './words.en.ts';
import { keyWords } from './words.ts';

export interface Command {
  id: keyof KeyWords['acts'];
  icon: IconName;
  /** The keys that do it anywhere. */
  keys?: string;
  run: () => void;
  /** Left away where it means nothing now. */
  may?: () => boolean;
  /** Only keys: in a menu it would be of no use. */
  unlisted?: true;
}

const arrows = isMac ? 'mod+alt+' : 'alt+';
const shiftArrows = isMac ? 'mod+alt+shift+' : 'alt+shift+';

/** What room the action is about: the one that is open. */
function withRoom(work: (id: string) => void): () => void {
  return () => {
    const room = openRoom();
    if (room !== undefined) work(room.id);
  };
}

function mayHere(right: string): boolean {
  return openRoom()?.may.some((one) => one === right) ?? false;
}

export const commands: readonly Command[] = [
  { id: 'jump', icon: 'hash', keys: 'mod+k', unlisted: true, run: () => show({ kind: 'jump' }) },
  { id: 'search', icon: 'search', keys: 'mod+shift+f', run: openSearch },
  { id: 'shortcuts', icon: 'key', keys: 'mod+/', run: () => show({ kind: 'shortcuts' }) },
  { id: 'previous', icon: 'hash', keys: `${arrows}ArrowUp`, run: () => step(-1, false) },
  { id: 'next', icon: 'hash', keys: `${arrows}ArrowDown`, run: () => step(1, false) },
  { id: 'previousUnread', icon: 'hash', keys: `${shiftArrows}ArrowUp`, run: () => step(-1, true) },
  { id: 'nextUnread', icon: 'hash', keys: `${shiftArrows}ArrowDown`, run: () => step(1, true) },
  { id: 'nextRegion', icon: 'panel', keys: 'mod+F6', unlisted: true, run: () => focusRegion(1) },
  {
    id: 'previousRegion',
    icon: 'panel',
    keys: 'mod+shift+F6',
    unlisted: true,
    run: () => focusRegion(-1),
  },
  { id: 'people', icon: 'people', run: () => togglePanel('people') },
  { id: 'pins', icon: 'flag', run: () => openPanel('pins') },
  { id: 'date', icon: 'clock', run: withRoom((room) => show({ kind: 'date', room })) },
  { id: 'latest', icon: 'down', run: withRoom((id) => jumpToEnd(timelineOf(id))) },
  { id: 'readRoom', icon: 'check', run: withRoom((id) => markRead(id, house().room(id).head)) },
  { id: 'readAll', icon: 'check', run: readAll },
  {
    id: 'muteRoom',
    icon: 'muted',
    may: () => openRoom()?.joined ?? false,
    run: () => {
      const room = openRoom();
      if (room !== undefined) void muteRoom(room.id, !room.muted);
    },
  },
  {
    id: 'invite',
    icon: 'link',
    may: () => mayHere('invite'),
    run: withRoom((room) => show({ kind: 'invite', room })),
  },
  { id: 'copyRoom', icon: 'copy', run: withRoom((id) => void copyRoom(id)) },
  {
    id: 'roomSettings',
    icon: 'gear',
    run: withRoom((id) => go({ screen: 'room-settings', room: addressFor(id), page: '' })),
  },
  { id: 'browse', icon: 'compass', run: () => go({ screen: 'rooms', all: true }) },
  {
    id: 'newRoom',
    icon: 'plus',
    may: () => may('make_rooms'),
    run: () => show({ kind: 'new-room' }),
  },
  { id: 'day', icon: 'sun', run: () => changeSettings({ theme: 'light' }) },
  { id: 'night', icon: 'moon', run: () => changeSettings({ theme: 'dark' }) },
  { id: 'system', icon: 'sun', run: () => changeSettings({ theme: 'system' }) },
  { id: 'english', icon: 'globe', run: () => changeSettings({ language: 'en' }) },
  { id: 'chinese', icon: 'globe', run: () => changeSettings({ language: 'zh' }) },
  { id: 'settings', icon: 'gear', run: () => go({ screen: 'settings', page: '' }) },
  {
    id: 'house',
    icon: 'house',
    may: () => may('moderate') || may('administer'),
    run: () => go({ screen: 'admin', page: '' }),
  },
  { id: 'lab', icon: 'pulse', run: () => go({ screen: 'lab' }) },
];

/** What stands in the command menu now. */
export function offered(): { command: Command; label: string }[] {
  const { acts } = keyWords();
  return commands
    .filter((command) => command.unlisted !== true && command.may?.() !== false)
    .map((command) => ({ command, label: acts[command.id] }));
}

function openSearch(): void {
  openPanel({ search: '' });
  // It is open already: then the field.
  document.getElementById('search-field')?.focus();
}

function readAll(): void {
  for (const room of (rooms.peek() ?? []).filter(isMine)) markRead(room.id, room.head);
}

async function copyRoom(id: string): Promise<void> {
  const link = new URL(addressOf(roomRoute(addressFor(id))), location.href).href;
  tell((await copy(link)) ? partWords().actCopied : partWords().actNotCopied);
}
