import { words } from '../i18n/language.ts';
import { fillHole } from '../state/reading.ts';
import type { Row } from '../state/rows.ts';
import type { Timeline } from '../state/timeline.ts';
import { dayLabel } from '../text/time.ts';
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

/** Events are missing here. Never silent. */
export function HoleLine({ row, timeline }: HoleLineProps) {
  const t = words();
  return (
    <div class="hole-line">
      <span>{t.listHole}</span>
      <button
        type="button"
        aria-disabled={row.state === 'loading'}
        onClick={() => void fillHole(timeline, row.hole)}
      >
        {row.state === 'failed' ? t.errorRetry : t.listHoleLoad}
      </button>
    </div>
  );
}
