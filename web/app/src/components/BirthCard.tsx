import { words } from '../i18n/language.ts';
import { show } from '../state/overlay.ts';
import { listedRoom, nameOf } from '../state/rooms.ts';
import type { Timeline } from '../state/timeline.ts';
import { Button } from './Button.tsx';
import { Mark } from './Icon.tsx';
import './BirthCard.css';

/** Stands at the beginning of the room. */
export function BirthCard({ timeline }: { timeline: Timeline }) {
  const t = words();
  const info = timeline.info.value;
  const empty = timeline.rows.value.length <= 1;
  const listed = listedRoom(timeline.room.id);
  const name = listed === undefined ? (info?.name ?? timeline.room.id) : nameOf(listed);
  return (
    <div class="birth-card">
      <Mark />
      <div>
        <p class="birth-name">{empty ? t.emptyTitle : name}</p>
        <p>{empty ? t.emptyText : info?.topic}</p>
        {!empty && <p>{t.roomBorn}</p>}
      </div>
      {info?.may.includes('invite') && (
        <Button onPress={() => show({ kind: 'invite', room: info.id })}>{t.roomInvite}</Button>
      )}
    </div>
  );
}
