import * as api from '@teahouse/sdk/api';
import { useAsked } from '../parts/asked.ts';
import { Waiting } from '../parts/Waiting.tsx';
import { InviteList } from '../rooms/Invites.tsx';
import { house } from '../state/house.ts';
import { addressFor, listedRoom } from '../state/rooms.ts';
import { addressOf, followLink } from '../state/route.ts';
import { adminWords } from './words.ts';

/** Every room of the house, but nothing of what is said in it. */
export function AllRoomsPage() {
  const asked = useAsked(() => api.allRooms(house()));
  return (
    <>
      <Waiting asked={asked} />
      <ul class="things">
        {(asked.value?.rooms ?? []).map((room) => (
          <RoomLine key={room.id} room={room} />
        ))}
      </ul>
    </>
  );
}

function RoomLine({ room }: { room: api.AdminRoom }) {
  const a = adminWords();
  const to = { screen: 'room-settings', room: addressFor(room.id), page: '' } as const;
  const marks = [
    room.direct && a.roomDirect,
    !room.direct && room.policy.read === 'joined' && a.roomPrivate,
    room.archived && a.roomArchived,
  ].filter((mark) => mark !== false);
  return (
    <li>
      <span class="thing-text">
        <b>{room.name === '' ? room.id : room.name}</b>
        {marks.length > 0 && <small>{marks.join(' · ')}</small>}
        <small>{a.roomFacts(room.people, room.n, a.bytes(room.bytes))}</small>
        {room.last_at !== null && <small>{a.roomLast(room.last_at)}</small>}
      </span>
      {listedRoom(room.id) !== undefined && (
        <a
          class="button link-button"
          href={addressOf(to)}
          onClick={(event) => followLink(event, to)}
        >
          {a.roomOpen}
          <span class="sr"> {room.name}</span>
        </a>
      )}
    </li>
  );
}

/** The invites of all rooms. */
export function InvitesPage() {
  const asked = useAsked(() => api.allInvites(house()));
  return (
    <>
      <Waiting asked={asked} />
      {asked.value !== undefined && (
        <InviteList
          invites={asked.value.invites}
          onEnded={() => void asked.again()}
          roomName={(id) => listedRoom(id)?.name ?? id}
        />
      )}
    </>
  );
}
