// The menus of the rooms in the list: a right press, the menu key, a long press. One listener for all of them.
import { type Point, show } from '../state/overlay.ts';
import { watchLongPress } from './longPress.ts';

/** Follows the presses on rooms, wherever they are listed, until the answer is called. */
export function followRowMenus(): () => void {
  const end = new AbortController();
  const { signal } = end;
  document.addEventListener(
    'contextmenu',
    (event) => {
      const row = rowOf(event.target);
      if (row === null) return;
      event.preventDefault();
      open(row, pointOf(event, row));
    },
    { signal },
  );
  let pressed = false;
  watchLongPress(
    document.body,
    (target, at) => {
      const row = rowOf(target);
      pressed = row !== null;
      if (row !== null) open(row, at);
    },
    signal,
  );
  // The finger that opened the menu does not also follow the link.
  const follow = (event: Event) => {
    if (pressed && rowOf(event.target) !== null) event.preventDefault();
    pressed = false;
  };
  document.addEventListener('click', follow, { signal, capture: true });
  document.addEventListener('touchstart', () => (pressed = false), { signal, capture: true });
  return () => end.abort();
}

function rowOf(target: EventTarget | null): HTMLElement | null {
  return target instanceof Element ? target.closest<HTMLElement>('a[data-room]') : null;
}

function open(row: HTMLElement, at: Point): void {
  show({ kind: 'room', room: row.dataset['room'] ?? '', at });
}

/** By the keyboard the menu key has no point: then beside the row. */
function pointOf({ clientX: x, clientY: y }: MouseEvent, row: HTMLElement): Point {
  if (x > 0 || y > 0) return { x, y };
  const { left, bottom } = row.getBoundingClientRect();
  return { x: left + 34, y: bottom };
}
