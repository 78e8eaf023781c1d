// The ways to a message's menu and to a person's card: one listener for the whole list, so that a row costs nothing.
// A right press, the menu key, a long press, the button in the row; and the keys of the menu while a row has focus.
import type { RefObject } from 'preact';
import { useEffect } from 'preact/hooks';
import { messageActs } from '../state/acts.ts';
import { type Point, show } from '../state/overlay.ts';
import type { MessageRow } from '../state/rows.ts';
import type { Timeline } from '../state/timeline.ts';

const longPress_ms = 500;

export function useMessageMenu(ref: RefObject<HTMLElement | null>, timeline: Timeline): void {
  useEffect(() => {
    const box = ref.current;
    if (box === null) return;
    const end = new AbortController();
    const { signal } = end;
    const open = (target: EventTarget | null, at: Point) => {
      const row = rowOf(timeline, target);
      if (row === undefined) return false;
      show({ kind: 'message', timeline, row, at });
      return true;
    };
    box.addEventListener('click', (event) => pressed(timeline, event, open), { signal });
    box.addEventListener(
      'contextmenu',
      (event) => {
        // A link and a selection have a menu of their own, which is the browser's.
        if ((event.target as Element).closest('a') !== null || hasSelection()) return;
        if (open(event.target, pointOf(event))) event.preventDefault();
      },
      { signal },
    );
    box.addEventListener('keydown', (event) => typed(timeline, event), { signal });
    watchLongPress(box, open, signal);
    return () => end.abort();
  }, [ref, timeline]);
}

type Open = (target: EventTarget | null, at: Point) => boolean;

function pressed(timeline: Timeline, event: MouseEvent, open: Open): void {
  const button = (event.target as Element).closest<HTMLElement>('[data-menu], [data-person]');
  if (button === null) return;
  const box = button.getBoundingClientRect();
  if (button.hasAttribute('data-menu')) open(button, { x: box.left, y: box.bottom + 4 });
  else {
    const row = rowOf(timeline, button);
    if (row !== undefined) show({ kind: 'person', person: row.by, timeline });
  }
}

/** The keys of the menu, while the message itself has the focus. */
function typed(timeline: Timeline, event: KeyboardEvent): void {
  const target = event.target as HTMLElement;
  if (event.ctrlKey || event.metaKey || event.altKey || !target.matches('article')) return;
  const row = rowOf(timeline, target);
  if (row === undefined) return;
  if (event.key === 'Enter') {
    event.preventDefault();
    const { left, top } = target.getBoundingClientRect();
    return show({ kind: 'message', timeline, row, at: { x: left + 60, y: top + 24 } });
  }
  const key = event.key === 'Delete' ? 'Del' : event.key.toUpperCase();
  const found = messageActs(timeline, row).find(({ keys }) => keys === key);
  if (found === undefined) return;
  event.preventDefault();
  found.act();
}

/** iPhones know no `contextmenu`. */
function watchLongPress(box: HTMLElement, open: Open, signal: AbortSignal): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = () => clearTimeout(timer);
  box.addEventListener(
    'touchstart',
    ({ touches, target }) => {
      stop();
      const [finger] = touches;
      if (touches.length !== 1 || finger === undefined) return;
      const at = { x: finger.clientX, y: finger.clientY };
      timer = setTimeout(() => open(target, at), longPress_ms);
    },
    { passive: true, signal },
  );
  for (const type of ['touchend', 'touchmove', 'touchcancel', 'contextmenu'])
    box.addEventListener(type, stop, { passive: true, signal });
}

/** By the keyboard the menu key has no point: then beside the row. */
function pointOf(event: MouseEvent): Point {
  if (event.clientX > 0 || event.clientY > 0) return { x: event.clientX, y: event.clientY };
  const row = (event.target as Element).closest('article')?.getBoundingClientRect();
  return { x: (row?.left ?? 0) + 60, y: (row?.top ?? 0) + 24 };
}

function hasSelection(): boolean {
  return (getSelection()?.toString() ?? '') !== '';
}

function rowOf(timeline: Timeline, target: EventTarget | null): MessageRow | undefined {
  const seq = (target as Element | null)?.closest<HTMLElement>('article[data-seq]')?.dataset['seq'];
  const found = timeline.rows
    .peek()
    .find((row) => row.type === 'message' && String(row.seq) === seq);
  return found?.type === 'message' ? found : undefined;
}
