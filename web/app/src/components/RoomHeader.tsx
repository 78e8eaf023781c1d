import { useRef } from 'preact/hooks';
import { words } from '../i18n/language.ts';
import { isSteppedDown, wire } from '../state/house.ts';
import { show } from '../state/overlay.ts';
import { closePanel, openPanel, panel, togglePanel } from '../state/panel.ts';
import { listedRoom, nameOf } from '../state/rooms.ts';
import { goBack } from '../state/route.ts';
import { phone } from '../state/screen.ts';
import type { Timeline } from '../state/timeline.ts';
import { Pile } from './Avatar.tsx';
import { IconButton } from './Button.tsx';
import { Icon } from './Icon.tsx';
import { signOf } from './RoomRow.tsx';
import { WireWord } from './TransportChip.tsx';
import { WireCard } from './WireCard.tsx';
import './RoomHeader.css';

interface RoomHeaderProps {
  timeline: Timeline;
  panelOpen: boolean;
  onPanel: () => void;
}

/** Room sign, name, topic, who is here, the panel. On a phone: back, name over *N here · Live*. */
export function RoomHeader(props: RoomHeaderProps) {
  return (
    <header class="room-header" data-region="header">
      {phone.value ? <PhoneHeader {...props} /> : <WideHeader {...props} />}
    </header>
  );
}

function WideHeader({ timeline, panelOpen, onPanel }: RoomHeaderProps) {
  const t = words();
  const info = timeline.info.value;
  const here = timeline.here.value;
  return (
    <>
      <span class="room-sign">
        <Icon name={info === undefined ? 'hash' : signOf(info)} />
      </span>
      <h1 title={calledOf(timeline)}>{calledOf(timeline)}</h1>
      {info !== undefined && info.topic !== '' && (
        <p class="room-topic" title={info.topic}>
          {info.topic}
        </p>
      )}
      <button
        type="button"
        id="panel-button"
        class={here.count > 0 ? 'room-here' : 'room-here awaited'}
        title={t.roomPeople}
        aria-expanded={panelOpen}
        onClick={onPanel}
      >
        <Pile people={here.people?.slice(0, 3) ?? []} />
        {here.count > 0 && <span class="room-count">{t.roomHere(here.count, here.partial)}</span>}
        <span class="sr">{t.roomPeople}</span>
        <Icon name="panel" />
      </button>
      <SearchButton />
      <PinsButton timeline={timeline} />
      <RoomMenuButton timeline={timeline} />
    </>
  );
}

function PhoneHeader({ timeline }: RoomHeaderProps) {
  const t = words();
  const { count, partial } = timeline.here.value;
  return (
    <>
      <IconButton
        icon="cleft"
        label={t.roomsBack}
        onPress={() => goBack({ screen: 'rooms', all: false })}
      />
      <div class="room-title">
        <h1>{calledOf(timeline)}</h1>
        <button type="button" class="room-sub" popovertarget="wire-card-phone">
          <span class={`wire-dot${dotOf()}`} />
          <WireWord before={count > 0 ? `${t.roomHere(count, partial)} · ` : ''} />
        </button>
      </div>
      <WireCard id="wire-card-phone" />
      <SearchButton />
      <RoomMenuButton timeline={timeline} />
    </>
  );
}

/** What was found before is still there. */
function SearchButton() {
  const isOpen = typeof panel.value === 'object' && 'search' in panel.value;
  return (
    <IconButton
      id="search-button"
      icon="search"
      label={words().search}
      expanded={isOpen}
      onPress={() => (isOpen ? closePanel() : openPanel({ search: '' }))}
    />
  );
}

/** How many messages are pinned; pressing it shows them. */
function PinsButton({ timeline }: { timeline: Timeline }) {
  const t = words();
  const count = timeline.pins.value;
  return (
    <button
      type="button"
      class="icon-button room-pins"
      aria-label={t.roomPins(count)}
      title={t.roomPins(count)}
      aria-expanded={panel.value === 'pins'}
      onClick={() => togglePanel('pins')}
    >
      <Icon name="pin" />
      {count > 0 && <b>{count}</b>}
    </button>
  );
}

/** Notifications, invites, settings, leaving. */
function RoomMenuButton({ timeline }: { timeline: Timeline }) {
  const button = useRef<HTMLSpanElement>(null);
  const open = () => {
    const { right = 0, bottom = 0 } = button.current?.getBoundingClientRect() ?? {};
    show({ kind: 'room', room: timeline.room.id, at: { x: right - 230, y: bottom + 6 } });
  };
  return (
    <span ref={button}>
      <IconButton icon="more" label={words().roomMenu} onPress={open} />
    </span>
  );
}

/** What the room is called: a conversation after whom one has it with. */
function calledOf({ room, info }: Timeline): string {
  const listed = listedRoom(room.id);
  return listed === undefined ? (info.value?.name ?? room.id) : nameOf(listed);
}

function dotOf(): string {
  if (wire.value === 'live') return isSteppedDown.value ? ' down' : '';
  return wire.value === 'offline' ? ' off' : ' trying';
}
