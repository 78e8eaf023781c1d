import type { RoomView } from '@teahouse/sdk';
import { useEffect } from 'preact/hooks';
import { ErrorCard } from '../components/ErrorCard.tsx';
import { Skeleton } from '../components/Skeleton.tsx';
import { type PageLink, Pages } from '../parts/Pages.tsx';
import { partWords } from '../parts/words.ts';
import { idOf, listedRoom, nameOf, refreshRooms, rooms } from '../state/rooms.ts';
import { mainRoom, roomRoute } from '../state/route.ts';
import { About, Danger, Keep, Notifications, WhoMay } from './RoomPages.tsx';
import { RoomInvites, RoomPeoplePage } from './RoomPeople.tsx';

/** A room's settings: everybody sees what holds there; who may change it finds the fields open. */
export function RoomSettings({ address, page }: { address: string; page: string }) {
  const p = partWords();
  const id = idOf(address);
  const room = id === undefined ? undefined : listedRoom(id);
  useEffect(() => void refreshRooms(), []);
  if (room === undefined)
    return rooms.value === undefined ? <Skeleton rows={3} /> : <ErrorCard kind="not-found" />;
  const links = linksFor(room);
  const shown = links.find((link) => link.id === page)?.id ?? links[0]?.id;
  return (
    <Pages
      title={p.roomSettingsOf(nameOf(room))}
      links={links}
      page={page}
      to={(to) => ({ screen: 'room-settings', room: address, page: to })}
      home={roomRoute(address)}
    >
      {shown === 'about' && <About key={room.id} room={room} />}
      {shown === 'who' && <WhoMay room={room} />}
      {shown === 'notifications' && <Notifications room={room} />}
      {shown === 'people' && <RoomPeoplePage room={room} />}
      {shown === 'invites' && <RoomInvites room={room} />}
      {shown === 'keep' && <Keep room={room} />}
      {shown === 'danger' && <Danger room={room} />}
    </Pages>
  );
}

function linksFor({ id, may, direct, joined }: RoomView): PageLink[] {
  const p = partWords();
  const links: PageLink[] = [{ id: 'about', label: p.pageAbout, icon: 'file' }];
  if (!direct) links.push({ id: 'who', label: p.pageWho, icon: 'key' });
  if (joined) links.push({ id: 'notifications', label: p.pageNotifications, icon: 'muted' });
  links.push({ id: 'people', label: p.pagePeople, icon: 'people' });
  if (may.includes('invite') && !direct)
    links.push({ id: 'invites', label: p.pageInvites, icon: 'link' });
  if (!direct) links.push({ id: 'keep', label: p.pageKeep, icon: 'clock' });
  if (may.includes('archive') && id !== mainRoom && !direct)
    links.push({ id: 'danger', label: p.pageDanger, icon: 'alert' });
  return links;
}
