import { words } from '../i18n/language.ts';
import { timelineOf } from '../state/reading.ts';
import { addressOf, followLink, mainRoom, roomRoute } from '../state/route.ts';
import { Brand } from './Brand.tsx';
import { Icon } from './Icon.tsx';
import { RoomRow } from './RoomRow.tsx';
import { YouMenu } from './YouMenu.tsx';
import './Sidebar.css';

interface SidebarProps {
  room: string;
  /** The room is on the page beside it. */
  current: boolean;
  /** Something lies over it. */
  inert: boolean;
}

/** The rooms, and you at the foot. On a phone it is the home screen. */
export function Sidebar({ room, current, inert }: SidebarProps) {
  const t = words();
  const isMissing = timelineOf(room).phase.value === 'missing';
  const rooms = room === mainRoom || isMissing ? [mainRoom] : [mainRoom, room];
  return (
    <nav class="sidebar" aria-label={t.rooms} data-region="rooms" inert={inert}>
      <div class="sidebar-house">
        <Brand />
      </div>
      <div class="sidebar-scroll">
        <h2 class="section">{t.rooms}</h2>
        <ul>
          {rooms.map((id) => (
            <li key={id}>
              {id === room ? (
                <RoomRow timeline={timelineOf(id)} current={current} />
              ) : (
                <RoomLink id={id} />
              )}
            </li>
          ))}
        </ul>
      </div>
      <YouMenu />
    </nav>
  );
}

/** A room that is not open on this page: only the way to it. */
function RoomLink({ id }: { id: string }) {
  const to = roomRoute(id);
  return (
    <a class="room-row" href={addressOf(to)} onClick={(event) => followLink(event, to)}>
      <span class="room-tile">
        <Icon name="hash" size={18} />
      </span>
      <span class="room-row-name">{id}</span>
    </a>
  );
}
