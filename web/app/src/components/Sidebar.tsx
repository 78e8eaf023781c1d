import { words } from '../i18n/language.ts';
import { timelineOf } from '../state/reading.ts';
import { addressOf, followLink, mainRoom, roomRoute } from '../state/route.ts';
import { Brand } from './Brand.tsx';
import { RoomRow } from './RoomRow.tsx';
import { YouMenu } from './YouMenu.tsx';
import './Sidebar.css';

/** The rooms, and you at the foot. On a phone it is the home screen. */
export function Sidebar({ room, current }: { room: string; current: boolean }) {
  const t = words();
  const rooms = room === mainRoom ? [mainRoom] : [mainRoom, room];
  return (
    <nav class="sidebar" aria-label={t.rooms} data-region="rooms">
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
                <a
                  class="room-row"
                  href={addressOf(roomRoute(id))}
                  onClick={(event) => followLink(event, roomRoute(id))}
                >
                  <span class="room-row-name">{id}</span>
                </a>
              )}
            </li>
          ))}
        </ul>
      </div>
      <YouMenu />
    </nav>
  );
}
