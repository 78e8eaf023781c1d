import { words } from '../i18n/language.ts';
import { orderNow, sections } from '../state/order.ts';
import { show } from '../state/overlay.ts';
import { panel } from '../state/panel.ts';
import { type Listed, listedRoom, rooms, saidToYou } from '../state/rooms.ts';
import { addressOf, followLink } from '../state/route.ts';
import { isMac, keysAct, phone } from '../state/screen.ts';
import { Brand } from './Brand.tsx';
import { IconButton } from './Button.tsx';
import { Icon } from './Icon.tsx';
import { lazy, TabBar } from './lazy.tsx';
import { RoomRow } from './RoomRow.tsx';
import { Skeleton } from './Skeleton.tsx';
import './Sidebar.css';

const YouMenu = lazy(async () => (await import('./later.ts')).YouMenu, true);

interface SidebarProps {
  /** The room on the page beside it. */
  room: string | undefined;
  browsing: boolean;
  /** Something lies over it. */
  inert: boolean;
}

/** The rooms, and you at the foot. On a phone it is the home screen. */
export function Sidebar({ room, browsing, inert }: SidebarProps) {
  const t = words();
  const { rooms: mine, direct } = sections(orderNow(), t.tag);
  // A room that is only looked into stands in the list as long as it is open.
  const open = room === undefined ? undefined : listedRoom(room);
  const isListed = open === undefined || mine.includes(open) || direct.includes(open);
  return (
    <nav class="sidebar" aria-label={t.rooms} data-region="rooms" inert={inert}>
      <div class="sidebar-house">
        <Brand />
        <IconButton icon="plus" label={t.roomAdd} onPress={() => show({ kind: 'add' })} />
      </div>
      <button
        type="button"
        class="sidebar-jump"
        aria-haspopup="dialog"
        aria-keyshortcuts={keysAct.value ? (isMac ? 'Meta+K' : 'Control+K') : undefined}
        onClick={() => show({ kind: 'jump' })}
      >
        <Icon name="search" size={16} />
        <span>{t.jump}</span>
        {!phone.value && (
          <span class="key" aria-hidden="true">
            {isMac ? '⌘ K' : 'Ctrl K'}
          </span>
        )}
      </button>
      <div class="sidebar-scroll">
        {!phone.value && <CallsLink />}
        <Section title={t.rooms} rooms={isListed ? mine : [...mine, open]} room={room} />
        {/* What stands below the rooms waits for them, so that it does not jump. */}
        {rooms.value !== undefined && <BrowseLink current={browsing} />}
        {direct.length > 0 && <Section title={t.roomsDirect} rooms={direct} room={room} />}
      </div>
      <div class="sidebar-foot">{phone.value ? <TabBar current="rooms" /> : <YouMenu />}</div>
    </nav>
  );
}

interface SectionProps {
  title: string;
  rooms: readonly Listed[];
  room: string | undefined;
}

function Section({ title, rooms: list, room }: SectionProps) {
  return (
    <>
      <h2 class="section">{title}</h2>
      {rooms.value === undefined && <Skeleton rows={3} />}
      <ul>
        {list.map((each) => (
          <li key={each.id}>
            <RoomRow room={each} current={each.id === room} />
          </li>
        ))}
      </ul>
    </>
  );
}

function BrowseLink({ current }: { current: boolean }) {
  const to = { screen: 'rooms', all: phone.value } as const;
  return (
    <a
      class="room-row"
      href={addressOf(to)}
      aria-current={current ? 'page' : undefined}
      onClick={(event) => followLink(event, to)}
    >
      <span class="room-tile">
        <Icon name="compass" size={18} />
      </span>
      <span class="room-row-text">{words().roomsBrowse}</span>
    </a>
  );
}

/** For you, with how much of it is new. */
function CallsLink() {
  const t = words();
  const to = { screen: 'you' } as const;
  const count = saidToYou.value;
  return (
    <a
      class="room-row"
      href={addressOf(to)}
      aria-current={panel.value === 'you' ? 'page' : undefined}
      onClick={(event) => followLink(event, to)}
    >
      <span class="room-tile">
        <Icon name="bell" size={18} />
      </span>
      <span class="room-row-text">{t.forYou}</span>
      {count > 0 && (
        <span class="room-row-end">
          <b class="badge" role="img" aria-label={t.roomSaid(count)}>
            {count > 99 ? '99+' : count}
          </b>
        </span>
      )}
    </a>
  );
}
