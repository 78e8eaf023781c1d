import * as api from '@teahouse/sdk/api';
import { callWords } from '../calls/words.ts';
import { Confirm } from '../parts/Confirm.tsx';
import { Dialog } from '../parts/Dialog.tsx';
import { faultText } from '../parts/faults.ts';
import { Menu, type MenuItem } from '../parts/Menu.tsx';
import { partWords } from '../parts/words.ts';
import { house } from '../state/house.ts';
import { hide, type Point, show, tell } from '../state/overlay.ts';
import { openPanel } from '../state/panel.ts';
import {
  addressFor,
  isMine,
  listedRoom,
  nameOf,
  readTo,
  receiveRoom,
  refreshRooms,
} from '../state/rooms.ts';
import { go, lastRoom, mainRoom, roomRoute, route } from '../state/route.ts';
import { phone } from '../state/screen.ts';
import { changeSettings, settings } from '../state/settings.ts';
import { unmark } from '../talk/unread.ts';
import { talkWords } from '../talk/words.ts';
import { NewInvite } from './Invites.tsx';

/** What can be done with a room, from its header or its row. */
export function RoomMenu({ room, at }: { room: string; at: Point }) {
  return <Menu label={partWords().roomMenu} at={at} items={roomActs(room)} onClose={hide} />;
}

function roomActs(id: string): MenuItem[] {
  const p = partWords();
  const room = listedRoom(id);
  const may = room?.may ?? house().room(id).info?.may ?? [];
  const items: MenuItem[] = [];
  const settings = (page: string) => go({ screen: 'room-settings', room: addressFor(id), page });
  if (room !== undefined && room.unread > 0)
    items.push({ label: p.markRead, icon: 'check', act: () => markRead(id, room.head) });
  if (may.includes('invite'))
    items.push({
      label: p.invitePeople,
      icon: 'link',
      act: () => show({ kind: 'invite', room: id }),
    });
  if (room?.joined)
    items.push({
      label: room.muted ? p.unmuteRoom : p.muteRoom,
      icon: 'muted',
      act: () => void muteRoom(id, !room.muted),
    });
  if (room?.joined)
    items.push({ label: callWords().page, icon: 'bell', act: () => settings('notifications') });
  if (room !== undefined && isMine(room)) items.push(pinItem(id));
  items.push({
    label: p.takeRoom,
    icon: 'file',
    act: () => show({ kind: 'export', room: id }),
  });
  items.push({ label: p.jumpToDate, icon: 'clock', act: () => show({ kind: 'date', room: id }) });
  if (phone.peek() && route.peek().screen === 'room')
    items.push(
      { label: p.peopleInRoom, icon: 'people', act: () => openPanel('people') },
      { label: talkWords().pinsTitle, icon: 'pin', act: () => openPanel('pins') },
    );
  items.push({ label: p.roomSettings, icon: 'gear', act: () => settings('') });
  if (room?.joined && may.includes('leave') && id !== mainRoom)
    items.push({
      label: p.leaveRoom,
      icon: 'leave',
      danger: true,
      act: () => show({ kind: 'leave', room: id }),
    });
  return items;
}

/** On this device: it stands first in the list, or no longer. */
function pinItem(id: string): MenuItem {
  const p = partWords();
  const { pinned = [] } = settings.peek();
  const isPinned = pinned.includes(id);
  const others = pinned.filter((other) => other !== id);
  return {
    label: isPinned ? p.unpinRoom : p.pinRoom,
    icon: 'pin',
    act: () => changeSettings({ pinned: isPinned ? others : [...others, id] }),
  };
}

/** Everything in a room is read. */
export function markRead(id: string, head: number): void {
  house().room(id).read(head);
  readTo(id, head);
  unmark(id);
}

/** No badge and no sound from a room, or again. */
export async function muteRoom(id: string, muted: boolean): Promise<void> {
  try {
    void receiveRoom(await api.setLevel(house(), id, { muted }));
  } catch (error) {
    tell(faultText(error));
  }
}

/** A link to give to somebody, made at once. */
export function InviteDialog({ room }: { room: string }) {
  const p = partWords();
  const name = listedRoom(room)?.name ?? room;
  return (
    <Dialog title={p.inviteTo(name)} onClose={hide}>
      <NewInvite room={room} onMade={() => {}} />
    </Dialog>
  );
}

/** A private room is not left by a slip: coming back needs an invite. */
export function LeaveDialog({ room: id }: { room: string }) {
  const p = partWords();
  const room = listedRoom(id);
  const left = () => {
    if (lastRoom.peek() === addressFor(id) || lastRoom.peek() === id) go(roomRoute(mainRoom), true);
    void refreshRooms();
  };
  return (
    <Confirm
      title={p.leaveAsk(room === undefined ? id : nameOf(room))}
      label={p.leaveRoom}
      danger
      work={() => api.leaveRoom(house(), id)}
      onDone={left}
    >
      <p class="lead">{room?.policy.read === 'joined' ? p.leavePrivate : p.leavePublic}</p>
    </Confirm>
  );
}
