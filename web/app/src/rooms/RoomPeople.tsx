// Who belongs to a room: roles, who is kept out, who may not write; and its invites.
import type { Person, RoomView } from '@teahouse/sdk';
import * as api from '@teahouse/sdk/api';
import { Avatar } from '../components/Avatar.tsx';
import { Button } from '../components/Button.tsx';
import { FieldError } from '../components/FieldError.tsx';
import { roleWord } from '../components/PeoplePanel.tsx';
import { words } from '../i18n/language.ts';
import { useAct, useAsked } from '../parts/asked.ts';
import { Waiting } from '../parts/Waiting.tsx';
import { partWords } from '../parts/words.ts';
import { house, you } from '../state/house.ts';
import { show } from '../state/overlay.ts';
import { timelineOf } from '../state/reading.ts';
import { InviteList, NewInvite } from './Invites.tsx';

export function RoomPeoplePage({ room }: { room: RoomView }) {
  const p = partWords();
  const asked = useAsked(() => api.roomPeople(house(), room.id), room.id);
  const { act, fault } = useAct();
  const doing = async (work: () => Promise<unknown>) => {
    if (await act(work)) await asked.again();
  };
  const view = asked.value;
  return (
    <>
      <Waiting asked={asked} />
      <FieldError id="people-error" text={fault} />
      {view !== undefined && (
        <ul class="things">
          {view.people.map((entry) => (
            <Member key={entry.person.id} room={room} entry={entry} doing={doing} />
          ))}
        </ul>
      )}
      <Kept
        title={p.bansTitle}
        lift={p.banLift}
        kept={view?.bans}
        onLift={(id) => void doing(() => api.unbanFrom(house(), room.id, id))}
      />
      <Kept
        title={p.mutesTitle}
        lift={p.muteLift}
        kept={view?.mutes}
        onLift={(id) => void doing(() => api.unmuteIn(house(), room.id, id))}
      />
    </>
  );
}

interface MemberProps {
  room: RoomView;
  entry: api.RoomPerson;
  doing: (work: () => Promise<unknown>) => Promise<void>;
}

function Member({ room, entry, doing }: MemberProps) {
  const t = words();
  const p = partWords();
  const { person, role } = entry;
  const isOther = person.id !== you.value?.id;
  const moderates = room.may.includes('moderate') && !room.direct && isOther;
  const next = role === 'moderator' ? 'member' : 'moderator';
  return (
    <li>
      <Avatar person={person} size={30} />
      <span class="thing-text">
        <Named person={person} room={room} />
        <small>{role === 'moderator' ? p.moderatorHere : roleWord(t, person)}</small>
      </span>
      {moderates && person.role !== undefined && (
        <Button onPress={() => void doing(() => api.putPerson(house(), room.id, person.id, next))}>
          {role === 'moderator' ? p.makeMember : p.makeModerator}
        </Button>
      )}
    </li>
  );
}

/** The name opens the card, where the measures are. */
function Named({ person, room }: { person: Person; room: RoomView }) {
  const t = words();
  return (
    <button
      type="button"
      class="message-name"
      onClick={() => show({ kind: 'person', person, timeline: timelineOf(room.id) })}
    >
      <bdi>{person.name === '' ? t.personGone : person.name}</bdi>
    </button>
  );
}

interface KeptProps {
  title: string;
  lift: string;
  kept: readonly api.RoomBan[] | undefined;
  onLift: (id: string) => void;
}

function Kept({ title, lift, kept = [], onLift }: KeptProps) {
  const p = partWords();
  if (kept.length === 0) return null;
  return (
    <>
      <h2>{title}</h2>
      <ul class="things">
        {kept.map(({ person, until, reason }) => (
          <li key={person.id}>
            <Avatar person={person} size={30} />
            <span class="thing-text">
              <b>{person.name}</b>
              <small>{p.until(until, reason)}</small>
            </span>
            <Button onPress={() => onLift(person.id)}>{lift}</Button>
          </li>
        ))}
      </ul>
    </>
  );
}

export function RoomInvites({ room }: { room: RoomView }) {
  const p = partWords();
  const asked = useAsked(() => api.invites(house(), room.id), room.id);
  return (
    <>
      <p class="lead">{p.inviteLead}</p>
      <NewInvite room={room.id} onMade={() => void asked.again()} />
      <h2>{p.invitesTitle}</h2>
      <Waiting asked={asked} />
      {asked.value !== undefined && (
        <InviteList invites={asked.value.invites} onEnded={() => void asked.again()} />
      )}
    </>
  );
}
