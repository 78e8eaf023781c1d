import { words } from '../i18n/language.ts';
import { addressFor, countFor, type Listed, nameOf, othersIn } from '../state/rooms.ts';
import { addressOf, followLink, roomRoute } from '../state/route.ts';
import { phone } from '../state/screen.ts';
import { drafted } from '../storage/drafts.ts';
import { shortTime } from '../text/time.ts';
import { Avatar } from './Avatar.tsx';
import { Icon } from './Icon.tsx';
import './RoomRow.css';

/** A room in the list: unread is bold with a dot, what was said to you has a number; on a phone with its last line. */
export function RoomRow({ room, current }: { room: Listed; current: boolean }) {
  const t = words();
  const { line } = room;
  const count = countFor(room);
  const draft = current ? undefined : drafted.value.get(room.id);
  const unread = room.unread > 0 && !current && !room.muted;
  const to = roomRoute(addressFor(room.id));
  const at = line?.at ?? room.last_at;
  const look = unread ? ' unread' : room.muted ? ' muted' : '';
  return (
    <a
      class={`room-row${look}`}
      data-room={room.id}
      href={addressOf(to)}
      aria-current={current ? 'page' : undefined}
      onClick={(event) => followLink(event, to)}
    >
      <RoomTile room={room} />
      <span class="room-row-text">
        <span class="room-row-name">{nameOf(room)}</span>
        {phone.value && (draft || line) && (
          <small class="room-row-last">
            {draft
              ? t.roomDraft(draft.slice(0, 100))
              : line && t.roomLine(line.by.name, line.text.slice(0, 100))}
          </small>
        )}
      </span>
      <span class="room-row-end">
        {phone.value && at !== null && <time>{shortTime(t.tag, at)}</time>}
        {room.failed && (
          <span class="room-row-failed">
            <Icon name="alert" size={16} />
            <span class="sr">{t.sendFailed}</span>
          </span>
        )}
        {draft !== undefined && (
          <>
            <Icon name="pencil" size={16} />
            <span class="sr">{t.roomDrafted}</span>
          </>
        )}
        {room.muted && <Icon name="muted" size={16} />}
        {room.muted && <span class="sr">{t.roomMuted}</span>}
        {count > 0 && !current && (
          <b class="badge" role="img" aria-label={t.roomSaid(count)}>
            {count > 99 ? '99+' : count}
          </b>
        )}
        {unread && count === 0 && <span class="room-row-fresh" role="img" aria-label={t.roomNew} />}
      </span>
    </a>
  );
}

/** The sign of a room, or the face of whom one talks with. */
export function RoomTile({ room }: { room: Listed }) {
  const [other] = room.direct ? othersIn(room) : [];
  if (other !== undefined) return <Avatar person={other} size={phone.value ? 44 : 24} />;
  return (
    <span class="room-tile">
      <Icon name={signOf(room)} size={18} />
    </span>
  );
}

/** A lock for a private room, a horn for one where only some speak. */
export function signOf({ policy, direct }: Pick<Listed, 'policy' | 'direct'>) {
  if (direct) return 'people';
  if (policy.read === 'joined') return 'lock';
  return policy.write === 'moderators' ? 'horn' : 'hash';
}
