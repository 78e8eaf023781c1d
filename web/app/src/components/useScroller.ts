// The one place that touches the list's scroll position: reads where the reader is, obeys the three jumps, and
// keeps the reader in place where the browser would not (rows added below a reader who is at the bottom).
import { effect } from '@preact/signals';
import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useState } from 'preact/hooks';
import { appear, disappear, scrolled, settle } from '../state/reading.ts';
import type { Row } from '../state/rows.ts';
import { attentive } from '../state/screen.ts';
import { type Anchor, reachesEnd, type Timeline } from '../state/timeline.ts';
import { dayOf } from '../text/time.ts';

const settle_ms = 120;
const dateShown_ms = 2000;

/** Binds a scroller to its timeline. Answers with the day to float under the header while scrolling. */
export function useScroller(
  timeline: Timeline,
  ref: RefObject<HTMLElement | null>,
  rows: readonly Row[],
): number | undefined {
  const [date, setDate] = useState<number | undefined>();
  useEffect(() => {
    // Another message of the same day is not a change.
    const show = (at: number | undefined) => setDate((old) => (sameDay(old, at) ? old : at));
    return watch(timeline, ref.current, show);
  }, [timeline, ref]);
  useLayoutEffect(() => {
    const box = ref.current;
    if (box === null) return;
    // At the live end there is nothing to return to: the scroller begins there.
    if (timeline.place.below >= 4 || !reachesEnd(timeline)) restore(timeline, box);
    appear(timeline);
    return () => disappear(timeline);
  }, [timeline]);
  useLayoutEffect(() => {
    if (ref.current !== null) obey(timeline, ref.current);
  }, [rows]);
  return date;
}

function sameDay(a: number | undefined, b: number | undefined): boolean {
  return a !== undefined && b !== undefined && dayOf(a) === dayOf(b);
}

function watch(
  timeline: Timeline,
  box: HTMLElement | null,
  setDate: (at: number | undefined) => void,
): () => void {
  if (box === null) return () => undefined;
  let frame = 0;
  let finger = false;
  let settles: ReturnType<typeof setTimeout> | undefined;
  let hides: ReturnType<typeof setTimeout> | undefined;
  let dates = false;
  const report = () => {
    frame = 0;
    const above = box.scrollHeight - box.clientHeight + box.scrollTop;
    // A list that has left the page says nothing about its reader.
    if (!box.isConnected) return;
    scrolled(timeline, { below: -box.scrollTop, above, view: box.clientHeight });
    const first = firstVisible(box);
    timeline.anchor = first;
    if (dates) setDate(box.scrollTop > -4 ? undefined : first?.at);
    dates = false;
  };
  const later = () => {
    if (frame === 0) frame = requestAnimationFrame(report);
  };
  const rest = () => {
    clearTimeout(settles);
    settles = setTimeout(() => {
      if (finger) return;
      settle(timeline);
    }, settle_ms);
  };
  const onScroll = () => {
    timeline.settled = false;
    later();
    rest();
    clearTimeout(hides);
    hides = setTimeout(() => setDate(undefined), dateShown_ms);
    dates = true;
  };
  const onDown = () => {
    finger = true;
    timeline.settled = false;
  };
  const onUp = () => {
    finger = false;
    rest();
  };
  const listening = new AbortController();
  const options = { passive: true, signal: listening.signal };
  box.addEventListener('scroll', onScroll, options);
  box.addEventListener('touchstart', onDown, options);
  box.addEventListener('touchend', onUp, options);
  box.addEventListener('touchcancel', onUp, options);
  const resized = new ResizeObserver(later);
  resized.observe(box);
  if (box.firstElementChild !== null) resized.observe(box.firstElementChild);
  const unfollow = effect(() => {
    if (attentive.value) later();
  });
  // What was waited for may leave the list as high as it was: nothing else tells.
  const unwait = effect(() => {
    if (timeline.phase.value === 'open') requestAnimationFrame(later);
  });
  return () => {
    listening.abort();
    resized.disconnect();
    unfollow();
    unwait();
    cancelAnimationFrame(frame);
    clearTimeout(settles);
    clearTimeout(hides);
  };
}

/** The first message that is at least partly on screen. */
function firstVisible(box: HTMLElement): (Anchor & { at: number }) | undefined {
  const frame = box.getBoundingClientRect();
  const middle = frame.left + frame.width / 2;
  for (let y = frame.top + 6; y < frame.bottom; y += 12) {
    const row = document.elementFromPoint(middle, y)?.closest<HTMLElement>('article[data-seq]');
    if (row === null || row === undefined || !box.contains(row)) continue;
    const { seq, at } = row.dataset as { seq: string; at: string };
    return {
      seq: Number(seq),
      at: Number(at),
      offset: row.getBoundingClientRect().bottom - frame.top,
    };
  }
  return undefined;
}

function obey(timeline: Timeline, box: HTMLElement): void {
  if (timeline.hold) restore(timeline, box);
  timeline.hold = false;
  const jump = timeline.jump.peek();
  if (jump === undefined) return;
  timeline.jump.value = undefined;
  if (jump.to === 'end') {
    box.scrollTop = 0;
    return;
  }
  const target =
    jump.to === 'new' ? box.querySelector<HTMLElement>('.new-line') : rowOf(box, jump.seq);
  if (target === null) return;
  target.scrollIntoView({ block: jump.to === 'new' ? 'start' : 'center' });
  if (jump.to === 'message' && jump.light) light(target);
}

function rowOf(box: HTMLElement, seq: number): HTMLElement | null {
  return box.querySelector<HTMLElement>(`article[data-seq="${seq}"]`);
}

function light(row: HTMLElement): void {
  row.classList.add('lit');
  row.addEventListener('animationend', () => row.classList.remove('lit'), { once: true });
}

function restore(timeline: Timeline, box: HTMLElement): void {
  const { anchor } = timeline;
  if (anchor === undefined) return;
  const row = rowOf(box, anchor.seq);
  if (row === null) return;
  const moved =
    row.getBoundingClientRect().bottom - box.getBoundingClientRect().top - anchor.offset;
  if (Math.abs(moved) >= 1) box.scrollTop += moved;
}
