import { words } from '../i18n/language.ts';
import { you } from '../state/house.ts';
import { addressOf, followLink, roomRoute } from '../state/route.ts';
import { phone } from '../state/screen.ts';
import type { Timeline } from '../state/timeline.ts';
import { clock, dayLabel, dayOf } from '../text/time.ts';
import { Icon } from './Icon.tsx';
import './RoomRow.css';

/** A room in the list: unread is bold with a dot; on a phone with its last line. */
export function RoomRow({ timeline, current }: { timeline: Timeline; current: boolean }) {
  const t = words();
  // The rows follow every change of the log.
  timeline.rows.value;
  const last = timeline.log.events.at(-1);
  const unread =
    last !== undefined && last.by.id !== you.value?.id && last.seq > timeline.readMark.value;
  const to = roomRoute(timeline.room.id);
  return (
    <a
      class={unread && !current ? 'room-row unread' : 'room-row'}
      href={addressOf(to)}
      aria-current={current ? 'page' : undefined}
      onClick={(event) => followLink(event, to)}
    >
      <span class="room-tile">
        <Icon name="hash" size={18} />
      </span>
      <span class="room-row-text">
        <span class="room-row-name">{timeline.info.value?.name ?? timeline.room.id}</span>
        {phone.value && last !== undefined && (
          <small class="room-row-last">
            {t.roomLine(last.by.name, (last.body.text ?? '').slice(0, 100))}
          </small>
        )}
      </span>
      <span class="room-row-end">
        {phone.value && last !== undefined && (
          <time>
            {dayOf(last.at) === dayOf(Date.now())
              ? clock(t.tag, last.at)
              : dayLabel(t, last.at, Date.now())}
          </time>
        )}
        {unread && !current && <span class="room-row-fresh" role="img" aria-label={t.roomNew} />}
      </span>
    </a>
  );
}
