import type { Person } from '@teahouse/sdk';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { words } from '../i18n/language.ts';
import type { Messages } from '../i18n/messages.en.ts';
import { partWords } from '../parts/words.ts';
import { connection, you } from '../state/house.ts';
import { show } from '../state/overlay.ts';
import { filterFrom, findPeople, sortPeople } from '../state/people.ts';
import { wide } from '../state/screen.ts';
import type { Timeline } from '../state/timeline.ts';
import { Avatar } from './Avatar.tsx';
import { IconButton } from './Button.tsx';
import './PeoplePanel.css';

interface PeoplePanelProps {
  timeline: Timeline;
  onClose: () => void;
}

/** Who is here, with their role as a word. */
export function PeoplePanel({ timeline, onClose }: PeoplePanelProps) {
  const p = partWords();
  const t = words();
  const panel = useRef<HTMLElement>(null);
  const [wanted, setWanted] = useState('');
  const { count, people, partial } = timeline.here.value;
  useLayoutEffect(() => {
    // Over the room it is a place of its own and takes the focus; beside the room it is not.
    if (!wide.peek()) panel.current?.querySelector('button')?.focus();
  }, []);
  const shown = people === undefined ? [] : sortPeople(findPeople(people, wanted), t.tag);
  return (
    <aside class="panel" aria-label={t.people} ref={panel} data-region="panel">
      <div class="panel-head">
        <h2>{t.people}</h2>
        <IconButton icon="x" label={p.peopleClose} onPress={onClose} />
      </div>
      <div class="panel-body">
        {partial && <p class="panel-note">{p.peoplePartial}</p>}
        {people === undefined && count === 0 && connection.value !== 'live' ? (
          <p class="panel-note">{p.peopleUnknown}</p>
        ) : people === undefined ? (
          count > 0 && <p class="panel-note">{p.peopleMany(count)}</p>
        ) : (
          <>
            {people.length >= filterFrom && (
              <input
                class="panel-filter"
                type="search"
                placeholder={p.peopleFilter}
                aria-label={p.peopleFilter}
                onInput={(event) => setWanted(event.currentTarget.value)}
              />
            )}
            <h3 class="section">{p.peopleHere(count)}</h3>
            <ul>
              {shown.map((person) => (
                <PersonRow key={person.id} t={t} person={person} timeline={timeline} />
              ))}
            </ul>
            {shown.length === 0 && wanted !== '' && (
              <p class="panel-note">{p.peopleNone(wanted)}</p>
            )}
          </>
        )}
      </div>
    </aside>
  );
}

interface PersonRowProps {
  t: Messages;
  person: Person;
  timeline: Timeline;
}

function PersonRow({ t, person, timeline }: PersonRowProps) {
  const p = partWords();
  return (
    <li>
      <button
        type="button"
        class="person"
        onClick={() => show({ kind: 'person', person, timeline })}
      >
        <Avatar person={person} size={30} here />
        <span class="person-name">
          <b>
            <bdi>{person.name}</bdi>
          </b>
          {person.id === you.value?.id && <small>{p.peopleYou}</small>}
        </span>
        <span class="person-role">{roleWord(t, person)}</span>
      </button>
    </li>
  );
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
