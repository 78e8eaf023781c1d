import type { ChatEvent } from '@teahouse/sdk';
import { Button } from '../components/Button.tsx';
import { MessageRowView } from '../components/MessageRow.tsx';
import { Skeleton } from '../components/Skeleton.tsx';
import { words } from '../i18n/language.ts';
import { append, emptyLog } from '../state/log.ts';
import { buildRows } from '../state/rows.ts';
import { doorWords } from './words.ts';
import './Peek.css';

interface PeekProps {
  messages: readonly ChatEvent[] | undefined;
  /** Given when the look failed. */
  onRetry: (() => void) | undefined;
}

/** The last lines of the room, fading upward. */
export function Peek({ messages, onRetry }: PeekProps) {
  const d = doorWords();
  const t = words();
  return (
    <section class="peek" aria-label={d.doorPeek}>
      {messages === undefined && onRetry === undefined && <Skeleton rows={3} />}
      {onRetry !== undefined && (
        <p class="peek-note">
          {d.doorUnreachable} <Button onPress={onRetry}>{t.errorRetry}</Button>
        </p>
      )}
      {messages?.length === 0 && <p class="peek-note">{d.doorQuiet}</p>}
      {messages !== undefined && peekRows(messages)}
    </section>
  );
}

function peekRows(messages: readonly ChatEvent[]) {
  const log = emptyLog();
  append(log, messages);
  const window = { start: 0, end: log.events.length };
  const rows = buildRows({
    log,
    window,
    outbox: [],
    you: undefined,
    connected: true,
    fresh: undefined,
  });
  return rows.map((row) =>
    row.type === 'message' ? <MessageRowView key={row.key} row={row} /> : null,
  );
}
