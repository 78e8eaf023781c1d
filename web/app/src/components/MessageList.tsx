import type { RefObject, VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { words } from '../i18n/language.ts';
import { loadOlder, open } from '../state/reading.ts';
import type { Row } from '../state/rows.ts';
import type { Timeline } from '../state/timeline.ts';
import { BirthCard } from './BirthCard.tsx';
import { ErrorCard } from './ErrorCard.tsx';
import { DayLine, HoleLine, NewLine } from './ListLines.tsx';
import { lazy } from './lazy.tsx';
import { MessageRowView } from './MessageRow.tsx';
import { Skeleton } from './Skeleton.tsx';
import { SystemLine } from './SystemLine.tsx';
import { talkSoon } from './talk.ts';
import { useMessageMenu } from './useMessageMenu.ts';
import { useRoving } from './useRoving.ts';
import { useScroller } from './useScroller.ts';
import './MessageList.css';

const FloatingDate = lazy(async () => (await import('./later.ts')).FloatingDate, true);
const SincePill = lazy(async () => (await import('./later.ts')).SincePill, true);
const LatestPill = lazy(async () => (await import('./later.ts')).LatestPill, true);

/**
 * The list of a room. The scroller is reversed: it counts from its bottom, so that it starts and stays at the
 * newest message by itself; its one child keeps document order.
 */
export function MessageList({ timeline }: { timeline: Timeline }) {
  const t = words();
  const scroller = useRef<HTMLElement>(null);
  const drawn = useRef(new WeakMap<Row, VNode>());
  const rows = timeline.rows.value;
  const phase = timeline.phase.value;
  const date = useScroller(timeline, scroller, rows);
  useRoving(scroller, rows);
  useMessageMenu(scroller, { timeline });
  useTalk(scroller, timeline);
  const name = timeline.info.value?.name ?? timeline.room.id;
  return (
    <div class="list">
      <section
        class="scroller"
        ref={scroller}
        tabIndex={rows.length === 0 ? 0 : -1}
        aria-label={t.roomMessages(name)}
        id="messages"
        data-region="messages"
      >
        <div class="log" role="log" aria-live="off">
          {phase === 'opening' && rows.length === 0 && <Skeleton rows={3} />}
          {phase === 'failed' && <ErrorCard kind="unknown" onRetry={() => void open(timeline)} />}
          <Older timeline={timeline} />
          {rows.map((row) => remembered(drawn.current, row, timeline))}
        </div>
      </section>
      <FloatingDate room={timeline.room.id} at={date} />
      <SincePill timeline={timeline} scroller={scroller} />
      <LatestPill timeline={timeline} />
    </div>
  );
}

/** The toolbar of the row under the mouse, and what is pinned: fetched once the room is on the page. */
function useTalk(ref: RefObject<HTMLElement | null>, timeline: Timeline): void {
  const isOpen = timeline.phase.value === 'open';
  useEffect(() => {
    if (!isOpen) return;
    const ends: (() => void)[] = [];
    let isOver = false;
    const begin = talkSoon().then((found) => {
      if (isOver || ref.current === null) return;
      found.followMarks(timeline);
      ends.push(found.followGaps(timeline));
      ends.push(found.followRows(ref.current, () => timeline.info.peek()?.may ?? []));
      ends.push(found.followPins(timeline));
      ends.push(found.followSwipes(ref.current, { timeline }));
    });
    // Without a network it comes when it is wanted.
    begin.catch(() => undefined);
    return () => {
      isOver = true;
      for (const end of ends) end();
    };
  }, [ref, timeline, isOpen]);
}

/** A row that did not change gets the same element again, so that it costs nothing. */
function remembered(drawn: WeakMap<Row, VNode>, row: Row, timeline: Timeline): VNode {
  let element = drawn.get(row);
  if (element === undefined) {
    element = draw(row, timeline);
    drawn.set(row, element);
  }
  return element;
}

function draw(row: Row, timeline: Timeline): VNode {
  switch (row.type) {
    case 'message':
      return <MessageRowView key={row.key} row={row} timeline={timeline} />;
    case 'system':
      return <SystemLine key={row.key} events={row.events} />;
    case 'day':
      return <DayLine key={row.key} at={row.at} />;
    case 'new':
      return <NewLine key={row.key} count={row.count} />;
    case 'hole':
      return <HoleLine key={row.key} row={row} timeline={timeline} />;
    case 'born':
      return <BirthCard key={row.key} timeline={timeline} />;
  }
}

/** The top while older messages are on their way. */
function Older({ timeline }: { timeline: Timeline }) {
  const t = words();
  const state = timeline.older.value;
  if (state === 'loading') return <Skeleton rows={3} />;
  if (state === 'idle') return null;
  return (
    <div class="hole-line">
      <span>{t.listOlderFailed}</span>
      <button type="button" onClick={() => void loadOlder(timeline)}>
        {t.errorRetry}
      </button>
    </div>
  );
}
