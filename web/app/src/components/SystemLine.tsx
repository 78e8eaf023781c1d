import type { ChatEvent } from '@teahouse/sdk';
import { useState } from 'preact/hooks';
import { words } from '../i18n/language.ts';
import type { Messages } from '../i18n/messages.en.ts';
import { clock } from '../text/time.ts';
import { Icon } from './Icon.tsx';
import './SystemLine.css';

/** What happened to the room, in one grey line; a run of people who came and went unfolds. */
export function SystemLine({ events }: { events: readonly ChatEvent[] }) {
  const t = words();
  const [open, setOpen] = useState(false);
  const [first] = events;
  if (first === undefined) return null;
  if (events.length === 1 || open) {
    return (
      <>
        {events.map((event) => (
          <p class="system-line" key={event.seq}>
            <Icon name={iconOf(event)} size={16} />
            {event.kind === 'pin' && event.body.on !== false ? (
              <button type="button" data-quote={event.body.target}>
                {systemText(t, event)}
              </button>
            ) : (
              <span>{systemText(t, event)}</span>
            )}
            <time>{clock(t.tag, event.at)}</time>
          </p>
        ))}
      </>
    );
  }
  const came = events.filter(({ kind }) => kind === 'join').length;
  return (
    <p class="system-line">
      <Icon name="people" size={16} />
      <button type="button" aria-expanded={false} onClick={() => setOpen(true)}>
        {t.listCame(came, events.length - came)}
      </button>
    </p>
  );
}

function iconOf({ kind, body }: ChatEvent) {
  if (kind === 'room') return 'gear';
  if (kind === 'pin') return 'pin';
  if (kind === 'moderation') return body.act === 'mute' ? 'muted' : 'flag';
  return 'people';
}

/** The sentence of an event that is no message. */
export function systemText(t: Messages, { seq, kind, by, body, at }: ChatEvent): string {
  const name = by.name === '' ? t.personGone : by.name;
  const whom = body.person?.name ?? '';
  if (kind === 'join') return t.listJoined(name);
  if (kind === 'leave') return body.removed ? t.listRemoved(name) : t.listLeft(name);
  if (kind === 'room')
    return seq === 1 ? t.listMade(name) : t.listRoom(name, body.room?.name ?? '');
  if (kind === 'pin') return t.listPinned(name, body.on ?? true);
  const until = body.until === undefined ? '' : t.listUntil(body.until, at);
  const text = t.listModeration(body.act ?? '', name, whom, until);
  return body.reason ? t.listReason(text, body.reason) : text;
}
