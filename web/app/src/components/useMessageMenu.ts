// The ways to a message's menu and to a person's card: one listener for the whole list, so that a row costs nothing.
// A right press, the menu key, a long press, the button in the row; and the keys of the menu while a row has focus.
import type { RefObject } from 'preact';
import { useEffect } from 'preact/hooks';
import { type Point, show } from '../state/overlay.ts';
import { openPanel } from '../state/panel.ts';
import { jumpTo } from '../state/reading.ts';
import type { MessageRow, Row } from '../state/rows.ts';
import type { Timeline } from '../state/timeline.ts';
import { talk } from './talk.ts';

const longPress_ms = 500;
const marked =
  '[data-menu], [data-person], [data-react], [data-add], [data-quote], [data-chain], [data-reply]';

/** Where messages stand: the list of a room, or a reply chain, which has rows of its own. */
export interface Where {
  timeline: Timeline;
  chain?: number | undefined;
  rows?: () => readonly Row[];
}

export function useMessageMenu(ref: RefObject<HTMLElement | null>, place: Where): void {
  const { timeline, chain } = place;
  useEffect(() => {
    const box = ref.current;
    if (box === null) return;
    const end = new AbortController();
    const { signal } = end;
    const open = (target: EventTarget | null, at: Point) => {
      const row = rowOf(place, target);
      if (row === undefined) return false;
      show({ kind: 'message', timeline, row, chain, at });
      return true;
    };
    box.addEventListener('click', (event) => pressed(place, event, open), { signal });
    box.addEventListener(
      'contextmenu',
      (event) => {
        // A link and a selection have a menu of their own, which is the browser's.
        if ((event.target as Element).closest('a') !== null || hasSelection()) return;
        if (open(event.target, pointOf(event))) event.preventDefault();
      },
      { signal },
    );
    box.addEventListener('keydown', (event) => typed(place, event), { signal });
    watchLongPress(box, open, signal);
    return () => end.abort();
  }, [ref, timeline, chain]);
}

type Open = (target: EventTarget | null, at: Point) => boolean;

/** What a press in a row means, by the mark on its button. */
function pressed(place: Where, event: MouseEvent, open: Open): void {
  const button = (event.target as Element).closest<HTMLElement>(marked);
  if (button === null) return;
  const { timeline } = place;
  const { react, quote } = button.dataset;
  const at = below(button);
  const has = (mark: string) => button.hasAttribute(`data-${mark}`);
  if (quote !== undefined) return void jumpTo(timeline, Number(quote));
  if (has('menu')) return void open(button, at);
  const row = rowOf(place, button);
  if (row === undefined) return;
  if (has('person')) show({ kind: 'person', person: row.by, timeline });
  else if (has('chain')) openPanel({ replies: row.seq ?? 0 });
  else
    void talk().then(({ acts }) => {
      if (react !== undefined) acts.react(timeline, row, react);
      else if (has('add')) acts.pickReaction({ timeline, row, at });
      else acts.reply({ ...place, row });
    });
}

function below(button: Element): Point {
  const { left, bottom } = button.getBoundingClientRect();
  return { x: left, y: bottom + 4 };
}

const keys = new Set(['R', 'A', 'E', 'C', 'L', 'P', 'U', 'Del']);

/** The keys of the menu, while the message itself has the focus. */
function typed(place: Where, event: KeyboardEvent): void {
  const target = event.target as HTMLElement;
  if (event.ctrlKey || event.metaKey || event.altKey || !target.matches('article')) return;
  const row = rowOf(place, target);
  if (row === undefined) return;
  const { left, top } = target.getBoundingClientRect();
  const at = { x: left + 60, y: top + 24 };
  const { timeline, chain } = place;
  if (event.key === 'Enter') {
    event.preventDefault();
    return show({ kind: 'message', timeline, row, chain, at });
  }
  const key = event.key === 'Delete' ? 'Del' : event.key.toUpperCase();
  if (!keys.has(key)) return;
  event.preventDefault();
  void talk().then(({ acts }) =>
    acts
      .messageActs({ timeline, row, chain, at })
      .find((act) => act.keys === key)
      ?.act(),
  );
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

/** A message with where it stands. */
export function placeIn(where: Where, target: EventTarget | null) {
  const row = rowOf(where, target);
  return row === undefined ? undefined : { ...where, row };
}

function rowOf({ timeline, rows }: Where, target: EventTarget | null): MessageRow | undefined {
  const seq = (target as Element | null)?.closest<HTMLElement>('article[data-seq]')?.dataset['seq'];
  const found = (rows?.() ?? timeline.rows.peek()).find(
    (row) => row.type === 'message' && String(row.seq) === seq,
  );
  return found?.type === 'message' ? found : undefined;
}
