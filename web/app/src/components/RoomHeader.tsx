import { words } from '../i18n/language.ts';
import { wire } from '../state/house.ts';
import { goBack } from '../state/route.ts';
import type { Timeline } from '../state/timeline.ts';
import { Pile } from './Avatar.tsx';
import { IconButton } from './Button.tsx';
import { Icon } from './Icon.tsx';
import { WireWord } from './TransportChip.tsx';
import './RoomHeader.css';

interface RoomHeaderProps {
  timeline: Timeline;
  panelOpen: boolean;
  onPanel: () => void;
}

/** Room sign, name, topic, who is here, the panel. On a phone: back, name over *N here · Live*. */
export function RoomHeader({ timeline, panelOpen, onPanel }: RoomHeaderProps) {
  const t = words();
  const info = timeline.info.value;
  const here = timeline.here.value;
  const dot = wire.value === 'live' ? '' : wire.value === 'offline' ? ' off' : ' trying';
  return (
    <header class="room-header" data-region="header">
      <span class="only-phone">
        <IconButton icon="cleft" label={t.roomsBack} onPress={() => goBack({ screen: 'rooms' })} />
      </span>
      <span class="room-sign only-wide">
        <Icon name="hash" />
      </span>
      <div class="room-title">
        <h1 title={info?.name}>{info?.name ?? timeline.room.id}</h1>
        <p class="room-sub only-phone">
          <span class={`wire-dot${dot}`} />
          {t.roomHere(here.count)}
          <span aria-hidden="true">·</span>
          <WireWord />
        </p>
      </div>
      {info?.topic !== undefined && info.topic !== '' && (
        <p class="room-topic only-wide" title={info.topic}>
          {info.topic}
        </p>
      )}
      <div class="room-tools">
        <button
          type="button"
          id="panel-button"
          class="room-here only-wide"
          aria-label={`${t.roomHere(here.count)}. ${t.roomPeople}`}
          aria-expanded={panelOpen}
          onClick={onPanel}
        >
          <Pile people={here.people?.slice(0, 3) ?? []} />
          <span class="room-count">{t.roomHere(here.count)}</span>
          <Icon name="panel" />
        </button>
        <span class="only-phone">
          <IconButton icon="people" label={t.roomPeople} onPress={onPanel} expanded={panelOpen} />
        </span>
      </div>
    </header>
  );
}
