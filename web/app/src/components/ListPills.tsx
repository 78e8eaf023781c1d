import type { RefObject } from 'preact';
import { useLayoutEffect, useState } from 'preact/hooks';
import { words } from '../i18n/language.ts';
import { partWords } from '../parts/words.ts';
import { show } from '../state/overlay.ts';
import { jumpToEnd, jumpToNew, readAll } from '../state/reading.ts';
import type { Timeline } from '../state/timeline.ts';
import { clock, dayLabel, dayOf } from '../text/time.ts';
import { Icon } from './Icon.tsx';
import './ListPills.css';

/** Bottom right, when the end is more than one screen away. */
export function LatestPill({ timeline }: { timeline: Timeline }) {
  if (timeline.near.value) return null;
  const count = timeline.unseen.value;
  return (
    <button type="button" class="latest-pill" onClick={() => jumpToEnd(timeline)}>
      <Icon name="down" size={16} />
      {count === 0 ? partWords().listLatest : partWords().listLatestNew(count)}
    </button>
  );
}

interface FloatingDateProps {
  room: string;
  at: number | undefined;
}

/** The day of what is on screen, while scrolling. Pressing it leads to another day, as the room's menu does. */
export function FloatingDate({ room, at }: FloatingDateProps) {
  if (at === undefined) return null;
  return (
    <button
      type="button"
      class="floating-date"
      tabIndex={-1}
      aria-hidden="true"
      onClick={() => show({ kind: 'date', room, at })}
    >
      {dayLabel(words(), at, Date.now())}
    </button>
  );
}

interface SincePillProps {
  timeline: Timeline;
  scroller: RefObject<HTMLElement | null>;
}

/** After opening a room whose new line is not on the last screen: nobody is thrown into the past unasked. */
export function SincePill({ timeline, scroller }: SincePillProps) {
  const t = words();
  const fresh = timeline.fresh.value;
  const [shown, setShown] = useState(false);
  useLayoutEffect(() => {
    const box = scroller.current;
    if (fresh === undefined || box === null) return setShown(false);
    const line = box.querySelector('.new-line');
    setShown(line === null || line.getBoundingClientRect().top < box.getBoundingClientRect().top);
  }, [fresh, scroller]);
  if (!shown || fresh === undefined) return null;
  const time = clock(t.tag, fresh.since);
  const since =
    dayOf(fresh.since) === dayOf(Date.now())
      ? time
      : `${dayLabel(t, fresh.since, Date.now())} ${time}`;
  const act = (work: (timeline: Timeline) => void) => {
    work(timeline);
    setShown(false);
  };
  return (
    <div class="since-pill">
      <span>{partWords().listSince(fresh.count, since)}</span>
      <button type="button" onClick={() => act(jumpToNew)}>
        {t.listShow}
      </button>
      <button type="button" onClick={() => act(readAll)}>
        {partWords().listMarkRead}
      </button>
    </div>
  );
}
