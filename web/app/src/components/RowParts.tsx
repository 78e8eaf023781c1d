import type { EventBody, MessageState, Reaction } from '@teahouse/sdk';
import { words } from '../i18n/language.ts';
import type { Messages } from '../i18n/messages.en.ts';
import type { MessageRow } from '../state/rows.ts';
import { plainOf } from '../text/plain.ts';
import { clock, dayLabel, dayOf } from '../text/time.ts';
import { fileText } from './Attachments.tsx';
import { Avatar } from './Avatar.tsx';
import { Icon } from './Icon.tsx';
import './RowParts.css';

/** A chain is worth a line of its own from here on. */
const chainFrom = 2;
const quoted_max = 200;

/** Over a reply: whom it answers and what they said. Pressing it jumps there. */
export function Quote({ row }: { row: MessageRow }) {
  const t = words();
  const { quote } = row;
  if (row.target === undefined) return null;
  if (quote === undefined) return <p class="quote" />;
  if (quote === 'gone') return <p class="quote">{t.quoteGone}</p>;
  const { by, body } = quote;
  return (
    <button type="button" class="quote" data-quote={row.target} tabIndex={-1}>
      <Avatar person={by} size={18} />
      <b>
        <bdi>{by.name}</bdi>
      </b>
      <span dir="auto">{quotedText(t, body).slice(0, quoted_max)}</span>
    </button>
  );
}

/** What was said, or else what was sent. */
function quotedText(t: Messages, { text = '', mentions, files = [] }: EventBody): string {
  return text === '' ? files.map((file) => fileText(t, file)).join(', ') : plainOf(text, mentions);
}

/** What people think of it, each kind a button that puts one's own there or takes it back. */
export function Reactions({ state }: { state: MessageState }) {
  const t = words();
  const { reactions = [], mine = [] } = state;
  if (reactions.length === 0) return null;
  return (
    <div class="reactions">
      {reactions.map((reaction) => (
        <button
          key={reaction.emoji}
          type="button"
          class="reaction"
          data-react={reaction.emoji}
          aria-pressed={mine.includes(reaction.emoji)}
          aria-label={t.reactionOf(reaction.emoji, reaction.count)}
          title={namesOf(t, reaction)}
          tabIndex={-1}
        >
          <i>{reaction.emoji}</i>
          {reaction.count}
        </button>
      ))}
      <button type="button" class="reaction" data-add="" aria-label={t.actReact} tabIndex={-1}>
        <Icon name="smile" size={16} />
      </button>
    </div>
  );
}

/** Who reacted, as far as they are known by name. */
export function namesOf(t: Messages, { people, count }: Reaction): string {
  return t.reactionBy(
    people.map(({ name }) => name),
    count - people.length,
  );
}

/** *3 replies · last at 09:21*: opens all of them. */
export function Chain({ state: { replies } }: { state: MessageState }) {
  const t = words();
  if (replies === undefined || replies.count < chainFrom) return null;
  const today = dayOf(replies.at) === dayOf(Date.now());
  const time = today ? clock(t.tag, replies.at) : dayLabel(t, replies.at, Date.now());
  return (
    <button type="button" class="chain" data-chain="" tabIndex={-1}>
      <Icon name="reply" size={16} />
      {t.listReplies(replies.count)} <small>{t.listLast(time)}</small>
    </button>
  );
}
