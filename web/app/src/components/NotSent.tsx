import type { OutboxItem } from '@teahouse/sdk';
import { words } from '../i18n/language.ts';
import { partWords } from '../parts/words.ts';
import { now, secondsUntil } from '../state/clock.ts';
import type { Timeline } from '../state/timeline.ts';
import { Icon } from './Icon.tsx';
import { talk } from './talk.ts';
import './NotSent.css';

interface NotSentProps {
  item: OutboxItem;
  timeline: Timeline;
}

/** Under a message of ours: why it was not sent and what to do, or when it goes out by itself. */
export function NotSent({ item, timeline }: NotSentProps) {
  const t = words();
  const p = partWords();
  if (item.state === 'failed') {
    return (
      <p class="not-sent">
        <Icon name="alert" size={16} />
        <span>
          {t.sendFailed} {item.error !== undefined && t.sendWhy(item.error.code)}
        </span>
        {item.error?.retryable !== false && (
          <button type="button" onClick={() => void timeline.room.retry(item.cid)}>
            {p.sendRetry}
          </button>
        )}
        <button type="button" onClick={() => void editAgain(timeline, item)}>
          {p.sendEdit}
        </button>
        <button type="button" onClick={() => void timeline.room.discard(item.cid)}>
          {p.sendDelete}
        </button>
      </p>
    );
  }
  if (item.waiting_until === undefined) return null;
  return <SlowDown until={item.waiting_until} code={item.error?.code} />;
}

/** Takes what was refused back into the composer. */
async function editAgain(timeline: Timeline, item: OutboxItem): Promise<void> {
  await (await talk()).writeAgain(timeline, item);
}

/** It goes out by itself: because of the pace, or because the house cannot take it at the moment. */
function SlowDown({ until, code }: { until: number; code: string | undefined }) {
  const p = partWords();
  if (until <= now.value) return null;
  const seconds = secondsUntil(until, now.value);
  return (
    <p class="not-sent slow">
      <Icon name="clock" size={16} />
      {isPace(code) ? p.sendSlow(seconds) : p.sendLater(seconds)}
    </p>
  );
}

function isPace(code: string | undefined): boolean {
  return code === 'rate' || code === 'slow_mode';
}
