import * as api from '@teahouse/sdk/api';
import { useState } from 'preact/hooks';
import { Button, IconButton } from '../components/Button.tsx';
import { ErrorCard } from '../components/ErrorCard.tsx';
import { FieldError } from '../components/FieldError.tsx';
import { RoomTile } from '../components/RoomRow.tsx';
import { Segmented } from '../components/Segmented.tsx';
import { Skeleton } from '../components/Skeleton.tsx';
import { words } from '../i18n/language.ts';
import { useAct } from '../parts/asked.ts';
import { partWords } from '../parts/words.ts';
import { house } from '../state/house.ts';
import { may } from '../state/me.ts';
import { show } from '../state/overlay.ts';
import {
  addressFor,
  isMine,
  type Listed,
  receiveRoom,
  refreshRooms,
  rooms,
  roomsFailed,
} from '../state/rooms.ts';
import { addressOf, followLink, goBack, roomRoute } from '../state/route.ts';
import { phone } from '../state/screen.ts';
import { shortTime } from '../text/time.ts';
import { findRooms } from './find.ts';
import '../parts/parts.css';
import './Browse.css';

/** Every room that one may see: search, look in, join, make a new one. */
export function Browse() {
  const t = words();
  const p = partWords();
  const [wanted, setWanted] = useState('');
  const [which, setWhich] = useState<'all' | 'yours'>('all');
  const open = (rooms.value ?? []).filter(({ direct, archived }) => !direct && !archived);
  const shown = findRooms(which === 'all' ? open : open.filter(isMine), wanted, t.tag);
  return (
    <div class="browse">
      <header>
        {phone.value && (
          <IconButton
            icon="cleft"
            label={t.roomsBack}
            onPress={() => goBack({ screen: 'rooms', all: false })}
          />
        )}
        <h1>{t.roomsBrowse}</h1>
        {may('make_rooms') && (
          <Button primary onPress={() => show({ kind: 'new-room' })}>
            {t.roomMake}
          </Button>
        )}
      </header>
      <div class="browse-tools">
        <input
          class="panel-filter"
          type="search"
          placeholder={p.roomsFind}
          aria-label={p.roomsFind}
          onInput={(event) => setWanted(event.currentTarget.value)}
        />
        <Segmented
          label={p.roomsWhich}
          name="which"
          value={which}
          choices={[
            { value: 'all', label: p.roomsAll },
            { value: 'yours', label: p.roomsYours },
          ]}
          onChoose={setWhich}
        />
      </div>
      <p class="sr" role="status">
        {p.roomsCount(shown.length)}
      </p>
      {shown.length === 0 && rooms.value !== undefined && (
        <p class="empty-note">{wanted === '' ? p.roomsNone : p.roomsNotFound(wanted)}</p>
      )}
      {rooms.value === undefined && <Awaited />}
      <ul class="things">
        {shown.map((room) => (
          <BrowseRow key={room.id} room={room} />
        ))}
      </ul>
    </div>
  );
}

/** The list is not here: it comes, or it may be asked for again. */
function Awaited() {
  if (!roomsFailed.value) return <Skeleton rows={3} />;
  return <ErrorCard kind="unknown" code="unreachable" onRetry={() => void refreshRooms()} />;
}

function BrowseRow({ room }: { room: Listed }) {
  const p = partWords();
  const t = words();
  const { act, busy, fault } = useAct();
  const to = roomRoute(addressFor(room.id));
  const join = () => act(async () => receiveRoom(await api.joinRoom(house(), room.id)));
  return (
    <li>
      <RoomTile room={room} />
      <span class="thing-text">
        <a href={addressOf(to)} onClick={(event) => followLink(event, to)}>
          <b>{room.name}</b>
        </a>
        <small>{room.topic}</small>
        <small>
          {p.roomFacts(room.here, room.last_at === null ? '' : shortTime(t.tag, room.last_at))}
        </small>
        <FieldError id={`join-${room.id}`} text={fault} />
      </span>
      {isMine(room) ? (
        <span class="hint">{p.roomJoined}</span>
      ) : (
        <button type="button" class="button" aria-disabled={busy} onClick={join}>
          {t.join}
          <span class="sr"> {room.name}</span>
        </button>
      )}
    </li>
  );
}
