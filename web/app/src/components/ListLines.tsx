import { words } from '../i18n/language.ts';
import { fillHole } from '../state/reading.ts';
import type { Row } from '../state/rows.ts';
import type { Timeline } from '../state/timeline.ts';
import { dayLabel } from '../text/time.ts';
import { Skeleton } from './Skeleton.tsx';
import { useNear } from './useNear.ts';
import './ListLines.css';

/** The day that the following messages are of. */
export function DayLine({ at }: { at: number }) {
  return <h2 class="day-line">{dayLabel(words(), at, Date.now())}</h2>;
}

/** Where the reader left off when the room was opened. */
export function NewLine({ count }: { count: number }) {
  return <h2 class="new-line">{words().listNew(count)}</h2>;
}

interface HoleLineProps {
  row: Extract<Row, { type: 'hole' }>;
  timeline: Timeline;
}

/** Events are missing here. Never silent: what was only not asked for yet comes by itself when it is near. */
export function HoleLine({ row, timeline }: HoleLineProps) {
  const t = words();
  const { hole, state } = row;
  if (hole.reason === 'paging' && state !== 'failed')
    return <PagingHole row={row} timeline={timeline} />;
  return (
    <div class="hole-line">
      <span>{t.listHole}</span>
      <button
        type="button"
        aria-disabled={state === 'loading'}
        onClick={() => void fillHole(timeline, hole)}
      >
        {state === 'failed' ? t.errorRetry : t.listHoleLoad}
      </button>
    </div>
  );
}

function PagingHole({ row, timeline }: HoleLineProps) {
  const { hole, state } = row;
  const fill = () => void fillHole(timeline, hole);
  const line = useNear('.scroller', state === 'idle', fill, [hole, hole.after, state, timeline]);
  return (
    <div ref={line}>
      <Skeleton rows={3} />
    </div>
  );
}
