import type { Person } from '@teahouse/sdk';
import * as api from '@teahouse/sdk/api';
import { useState } from 'preact/hooks';
import { Avatar } from '../components/Avatar.tsx';
import { Button } from '../components/Button.tsx';
import { FieldError } from '../components/FieldError.tsx';
import { roleWord } from '../components/PeoplePanel.tsx';
import { words } from '../i18n/language.ts';
import { useAct, useAsked } from '../parts/asked.ts';
import { Dialog } from '../parts/Dialog.tsx';
import { partWords } from '../parts/words.ts';
import { drawNow } from '../state/frames.ts';
import { house, you } from '../state/house.ts';
import { muted, muteForMe } from '../state/me.ts';
import { hide, tell } from '../state/overlay.ts';
import { addressFor, receiveRoom } from '../state/rooms.ts';
import { go, roomRoute } from '../state/route.ts';
import type { Timeline } from '../state/timeline.ts';
import { Measure, type MeasureKind } from './Measure.tsx';
import { mention } from './mention.ts';
import './PersonCard.css';

interface PersonCardProps {
  person: Person;
  /** The room where the card was opened: what a moderator does is done there. */
  timeline: Timeline | undefined;
}

/** Who somebody is, and what one can do: talk, not hear them, and for moderators the measures. */
export function PersonCard({ person: known, timeline }: PersonCardProps) {
  const t = words();
  const p = partWords();
  const asked = useAsked(() => api.person(house(), known.id), known.id);
  const [measure, setMeasure] = useState<MeasureKind | undefined>();
  const present = timeline?.here.value.people?.find(({ id }) => id === known.id) ?? known;
  const person = { ...(asked.value?.person ?? known), away: present.away ?? false };
  const isMe = person.id === you.value?.id;
  const name = person.name === '' ? t.personGone : person.name;
  return (
    <Dialog title={name} onClose={hide}>
      <div class="person-card">
        <Avatar person={person} size={64} here={asked.value?.here ?? false} />
        <p>
          <span>{roleWord(t, person)}</span>
          <small>{asked.value === undefined ? ' ' : standing(asked.value, person)}</small>
        </p>
      </div>
      <Told view={asked.value} />
      {isMe ? (
        <Button
          onPress={() => {
            hide();
            go({ screen: 'settings', page: 'you' });
          }}
        >
          {p.menuSettings}
        </Button>
      ) : (
        <ForAll person={person} timeline={timeline} may={asked.value?.may ?? []} />
      )}
      {!isMe && measure === undefined && (
        <ForModerators timeline={timeline} may={asked.value?.may ?? []} onMeasure={setMeasure} />
      )}
      {measure !== undefined && (
        <Measure
          kind={measure}
          person={person}
          timeline={timeline}
          onCancel={() => setMeasure(undefined)}
        />
      )}
      <SharedRooms rooms={asked.value?.rooms ?? []} />
    </Dialog>
  );
}

/** Here, away or not here; and what time it is where they are, if they tell. */
function standing({ here, zone }: api.PersonView, { away }: Person): string {
  const t = words();
  const p = partWords();
  const where = !here ? p.notHere : away ? p.steppedAway : p.hereNow;
  const time = zone === null ? '' : timeIn(zone, t.tag);
  return time === '' ? where : `${where} · ${p.localTime(time)}`;
}

/** The time in that zone; nothing where the browser does not know it. */
function timeIn(zone: string, tag: string): string {
  try {
    const form = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone: zone } as const;
    return new Intl.DateTimeFormat(tag, form).format(Date.now());
  } catch {
    return '';
  }
}

/** What they tell of themselves. */
function Told({ view }: { view: api.PersonView | undefined }) {
  return view?.line ? <p class="person-line">{view.line}</p> : null;
}

interface ForAllProps {
  person: Person;
  timeline: Timeline | undefined;
  may: readonly api.MayPerson[];
}

function ForAll({ person, timeline, may }: ForAllProps) {
  const p = partWords();
  const { act, busy, fault } = useAct();
  const isMuted = muted.value.has(person.id);
  const talk = () =>
    act(async () => {
      const room = await api.directRoom(house(), [person.id]);
      await receiveRoom(room);
      hide();
      go(roomRoute(addressFor(room.id)));
    });
  const mute = () =>
    act(async () => {
      await muteForMe(person.id, !isMuted);
      tell(isMuted ? p.unmutedForMe : p.mutedForMe);
    });
  return (
    <>
      <div class="actions">
        {may.includes('message') && (
          <button type="button" class="button primary" aria-disabled={busy} onClick={talk}>
            {p.message}
          </button>
        )}
        {timeline?.info.value?.may.includes('write') && person.name !== '' && (
          <Button
            onPress={() => {
              hide();
              // The card gives the focus back as it goes; then the field may take it.
              drawNow();
              void mention(timeline, person);
            }}
          >
            {p.mention}
          </Button>
        )}
        <Button onPress={() => void mute()}>{isMuted ? p.unmuteForMe : p.muteForMe}</Button>
      </div>
      <p class="hint">{isMuted ? p.mutedHint : ''}</p>
      <FieldError id="person-error" text={fault} />
    </>
  );
}

interface ForModeratorsProps {
  timeline: Timeline | undefined;
  may: readonly api.MayPerson[];
  onMeasure: (kind: MeasureKind) => void;
}

/** In a room: mute, remove, ban. In the house: everything of theirs, and the house's ban. */
function ForModerators({ timeline, may, onMeasure }: ForModeratorsProps) {
  const p = partWords();
  const info = timeline?.info.value;
  const inRoom = info?.may.includes('moderate') ?? false;
  const kinds: MeasureKind[] = [];
  if (inRoom && !info?.direct) kinds.push('mute', 'kick', 'ban');
  if (may.includes('remove_all')) kinds.push('remove-all');
  if (may.includes('ban')) kinds.push('house-ban');
  if (kinds.length === 0) return null;
  return (
    <section class="measures" aria-labelledby="measures">
      <h3 id="measures">{p.moderation}</h3>
      <div class="actions">
        {kinds.map((kind) => (
          <button
            key={kind}
            type="button"
            class={kind === 'mute' || kind === 'kick' ? 'button' : 'button danger-button'}
            onClick={() => onMeasure(kind)}
          >
            {p.measure(kind)}
          </button>
        ))}
      </div>
    </section>
  );
}

function SharedRooms({ rooms }: { rooms: api.PersonView['rooms'] }) {
  if (rooms.length === 0) return null;
  return <p class="hint">{partWords().sharedRooms(rooms.map(({ name }) => name))}</p>;
}
