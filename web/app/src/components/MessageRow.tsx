import type { Person } from '@teahouse/sdk';
import { useState } from 'preact/hooks';
import { words } from '../i18n/language.ts';
import type { Messages } from '../i18n/messages.en.ts';
import type { MessageRow } from '../state/rows.ts';
import type { Timeline } from '../state/timeline.ts';
import { colourOf } from '../text/colour.ts';
import { plainOf } from '../text/plain.ts';
import { clock, fullTime } from '../text/time.ts';
import { Attachments, fileText } from './Attachments.tsx';
import { Avatar } from './Avatar.tsx';
import { Icon } from './Icon.tsx';
import { lazy } from './lazy.tsx';
import { MessageBody } from './MessageBody.tsx';
import { Chain, Quote, Reactions } from './RowParts.tsx';
import './MessageRow.css';

const NotSent = lazy(async () => (await import('./later.ts')).NotSent, true);

interface MessageRowProps {
  row: MessageRow;
  /** Left away in the peek at the door, where nothing can be done with a message. */
  timeline?: Timeline;
}

const spokenMax = 500;

/** One message. Its accessible name is who, what, then the rest. */
export function MessageRowView({ row, timeline }: MessageRowProps) {
  const t = words();
  const time = clock(t.tag, row.at);
  const { item } = row;
  return (
    <article
      class={`message${row.first ? ' first' : ''}${row.calls ? ' calls' : ''}`}
      aria-label={t.listArticle(row.by.name, spoken(t, row), time) + factsOf(t, row)}
      tabIndex={-1}
      data-seq={row.seq}
      data-at={row.at}
    >
      {row.first ? (
        <Avatar person={row.by} />
      ) : (
        <time class="message-gutter" title={fullTime(t.tag, row.at)} aria-hidden="true">
          {time}
        </time>
      )}
      <div class="message-main">
        <Quote row={row} />
        {row.first && (
          <p class="message-by">
            <Name t={t} person={row.by} active={timeline !== undefined} />
            <time dateTime={new Date(row.at).toISOString()} title={fullTime(t.tag, row.at)}>
              {time}
            </time>
            <RoleTag t={t} person={row.by} />
          </p>
        )}
        {row.gone !== undefined ? (
          <Gone row={row} />
        ) : (
          <>
            {row.text !== '' && <MessageBody text={row.text} mentions={row.mentions} />}
            <Attachments files={row.files} />
          </>
        )}
        {row.edited && row.gone === undefined && <span class="edited">{t.listEdited}</span>}
        <Reactions state={row.state} />
        <Chain state={row.state} />
        {item?.state === 'pending' && <OnItsWay row={row} />}
        {item !== undefined && timeline !== undefined && (
          <NotSent item={item} timeline={timeline} />
        )}
        {row.refused !== undefined && timeline !== undefined && (
          <NotSent item={row.refused} timeline={timeline} />
        )}
      </div>
      {timeline !== undefined && row.seq !== undefined && row.gone !== 'deleted' && (
        <button
          type="button"
          class="message-more"
          data-menu=""
          tabIndex={-1}
          aria-label={t.messageMore}
          aria-haspopup="menu"
        >
          <Icon name="more" size={18} />
        </button>
      )}
    </article>
  );
}

/** In the list a name opens the person's card. */
function Name({ t, person, active }: { t: Messages; person: Person; active: boolean }) {
  const name = <bdi>{person.name === '' ? t.personGone : person.name}</bdi>;
  const look = `name-${colourOf(person.id)}`;
  if (!active || person.name === '') return <b class={look}>{name}</b>;
  return (
    <button type="button" class={`message-name ${look}`} data-person="" tabIndex={-1}>
      {name}
    </button>
  );
}

/** What stands where a text is gone, or one does not want to see it. */
function Gone({ row }: { row: MessageRow }) {
  const t = words();
  const [shown, setShown] = useState(false);
  if (row.gone !== 'muted')
    return <p class="message-gone">{row.gone === 'deleted' ? t.listDeleted : t.listDeletedBy}</p>;
  if (shown) return <MessageBody text={row.text} mentions={row.mentions} />;
  return (
    <p class="message-gone">
      {t.listMuted}{' '}
      <button type="button" class="message-fold" onClick={() => setShown(true)}>
        {t.listShow}
      </button>
    </p>
  );
}

/** What else is told of it, after who and what. */
function factsOf(t: Messages, { edited, gone, state }: MessageRow): string {
  const count = (state.reactions ?? []).reduce((sum, reaction) => sum + reaction.count, 0);
  const replies = state.replies?.count ?? 0;
  if (gone !== undefined || (!edited && count === 0 && replies === 0)) return '';
  return t.listFacts(edited, count, replies);
}

function spoken(t: Messages, row: MessageRow): string {
  if (row.gone === undefined) {
    const files = (row.files ?? []).map((file) => fileText(t, file));
    const text = plainOf(row.text, row.mentions).slice(0, spokenMax);
    return [text, ...files].filter((part) => part !== '').join('. ');
  }
  if (row.gone === 'muted') return t.listMuted;
  return row.gone === 'deleted' ? t.listDeleted : t.listDeletedBy;
}

function RoleTag({ t, person }: { t: Messages; person: Person }) {
  if (person.role === 'owner') return <span class="role-tag">{t.roleOwner}</span>;
  if (person.role === 'moderator') return <span class="role-tag">{t.roleModerator}</span>;
  return null;
}

/** A small clock after 800 ms; what it waits for is said once per block. */
function OnItsWay({ row }: { row: MessageRow }) {
  const t = words();
  return (
    <span
      class={row.waits ? 'on-its-way waits' : 'on-its-way'}
      role="img"
      aria-label={t.sendOnItsWay}
    >
      <Icon name="clock" size={14} />
      {row.waits && t.sendWaiting}
    </span>
  );
}
