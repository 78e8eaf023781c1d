import { useComputed } from '@preact/signals';
import type { Person } from '@teahouse/sdk';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { words } from '../i18n/language.ts';
import type { Messages } from '../i18n/messages.en.ts';
import { useAsked } from '../parts/asked.ts';
import { partWords } from '../parts/words.ts';
import { connection, house, you } from '../state/house.ts';
import { show } from '../state/overlay.ts';
import {
  filterFrom,
  findPeople,
  groupsOf,
  type Listed,
  listedMax,
  type Member,
  sortPeople,
} from '../state/people.ts';
import { wide } from '../state/screen.ts';
import type { Timeline } from '../state/timeline.ts';
import { shortTime } from '../text/time.ts';
import { Avatar } from './Avatar.tsx';
import { IconButton } from './Button.tsx';
import { Skeleton } from './Skeleton.tsx';
import '../parts/parts.css';
import './PeoplePanel.css';

interface PeoplePanelProps {
  timeline: Timeline;
  onClose: () => void;
}

/** Who is here, who stepped away and who is not here, with their role as a word. */
export function PeoplePanel({ timeline, onClose }: PeoplePanelProps) {
  const p = partWords();
  const t = words();
  const panel = useRef<HTMLElement>(null);
  const members = useMembers(timeline);
  const { count, people } = timeline.here.value;
  useLayoutEffect(() => {
    // Over the room it is a place of its own and takes the focus; beside the room it is not.
    if (!wide.peek()) panel.current?.querySelector('button')?.focus();
  }, []);
  const { gone } = groupsOf(people ?? [], members);
  return (
    <aside class="panel" aria-label={t.people} ref={panel} data-region="panel">
      <div class="panel-head">
        <h2 class="people-title">
          {t.people} {count > 0 && <small>{p.count(count + gone.length)}</small>}
        </h2>
        <IconButton icon="x" label={p.peopleClose} onPress={onClose} />
      </div>
      <div class="panel-body">
        <People timeline={timeline} members={members} />
      </div>
    </aside>
  );
}

function People({ timeline, members }: { timeline: Timeline; members: readonly Member[] }) {
  const p = partWords();
  const t = words();
  const [wanted, setWanted] = useState('');
  const { count, people, partial } = timeline.here.value;
  const groups = groupsOf(people ?? [], members);
  const here = sortPeople(findPeople(groups.here, wanted), t.tag);
  const away = sortPeople(findPeople(groups.away, wanted), t.tag);
  const isCrowd = people === undefined || members.length > listedMax;
  const gone = isCrowd ? [] : sortPeople(findPeople(groups.gone, wanted), t.tag);
  const total = (people?.length ?? 0) + (isCrowd ? 0 : groups.gone.length);
  return (
    <>
      {timeline.phase.value === 'opening' && count === 0 && <Skeleton rows={3} />}
      {partial && <p class="panel-note">{p.peoplePartial}</p>}
      {total >= filterFrom && (
        <input
          class="panel-filter"
          type="search"
          placeholder={p.peopleFilter}
          aria-label={p.peopleFilter}
          onInput={(event) => setWanted(event.currentTarget.value)}
        />
      )}
      {people === undefined && count === 0 && connection.value !== 'live' ? (
        <p class="panel-note">{p.peopleUnknown}</p>
      ) : people === undefined ? (
        count > 0 && <p class="panel-note">{p.peopleMany(count)}</p>
      ) : (
        <Group title={p.peopleHere(groups.here.length)} people={here} timeline={timeline} here />
      )}
      {away.length > 0 && (
        <Group title={p.peopleAway(groups.away.length)} people={away} timeline={timeline} here />
      )}
      {gone.length > 0 && (
        <Group title={p.peopleGone(groups.gone.length)} people={gone} timeline={timeline} />
      )}
      {people !== undefined && isCrowd && (
        <p class="panel-note">{p.peopleGoneMany(groups.gone.length)}</p>
      )}
      {wanted !== '' && here.length + away.length + gone.length === 0 && (
        <p class="panel-note">{p.peopleNone(wanted)}</p>
      )}
    </>
  );
}

interface GroupProps {
  title: string;
  people: readonly Listed[];
  timeline: Timeline;
  here?: boolean;
}

function Group({ title, people, timeline, here = false }: GroupProps) {
  return (
    <>
      <h3 class="section">{title}</h3>
      <ul>
        {people.map((each) => (
          <PersonRow key={each.person.id} {...each} timeline={timeline} here={here} />
        ))}
      </ul>
    </>
  );
}

interface PersonRowProps {
  person: Person;
  joined?: number | undefined;
  timeline: Timeline;
  here: boolean;
}

function PersonRow({ person, joined, timeline, here }: PersonRowProps) {
  const t = words();
  return (
    <li>
      <button
        type="button"
        class={here ? 'person' : 'person gone'}
        onClick={() => show({ kind: 'person', person, timeline })}
      >
        <Avatar person={person} size={30} here={here} />
        <span class="person-name">
          <b>
            <bdi>{person.name}</bdi>
          </b>
          <small>{wordOn(t, { person, joined, timeline, here })}</small>
        </span>
        <span class="person-role">{roleWord(t, person)}</span>
      </button>
    </li>
  );
}

/** What is worth saying of somebody: that it is you, that they type, since when they belong here. */
function wordOn(t: Messages, { person, joined, timeline, here }: PersonRowProps): string {
  const p = partWords();
  if (person.id === you.value?.id) return p.peopleYou;
  if (timeline.typing.value.some(({ id }) => id === person.id)) return p.peopleTyping;
  if (here || joined === undefined) return '';
  return p.peopleJoined(shortTime(t.tag, joined));
}

/** Who belongs to the room; asked again when somebody came or left for good. A room that does not say has none. */
function useMembers(timeline: Timeline): readonly Member[] {
  const { id } = timeline.room;
  const last = useComputed(() => {
    timeline.changed.value;
    return timeline.log.events.findLast(({ kind }) => kind === 'join' || kind === 'leave')?.seq;
  });
  const isOpen = timeline.phase.value === 'open';
  const none: { people: readonly Member[] } = { people: [] };
  const asked = useAsked(
    async () => (isOpen ? house().request<typeof none>('GET', `v1/rooms/${id}/people`) : none),
    `${id} ${isOpen} ${last.value} ${timeline.info.value?.role}`,
  );
  return asked.value?.people ?? [];
}

/** What somebody is in the house, as a word. */
export function roleWord(t: Messages, person: Person): string {
  const roles = {
    owner: t.roleOwner,
    moderator: t.roleModerator,
    member: t.roleMember,
    guest: t.roleGuest,
  };
  return roles[person.role ?? 'guest'];
}
