// A swipe to the right on a message replies to it. The menu has the same for everybody else.
import type { Where } from '../components/useMessageMenu.ts';
import { reply } from './acts.ts';
import { placeOf } from './presses.ts';

/** From here on a finger moves the row, not the list. */
const slop = 12;
const far = 56;

/** Follows fingers in a list until the answer is called. */
export function followSwipes(box: HTMLElement, where: Where): () => void {
  let row: HTMLElement | undefined;
  let start = { x: 0, y: 0 };
  let moved = 0;
  const end = new AbortController();
  const { signal } = end;
  const begin = ({ touches, target }: TouchEvent) => {
    const [finger] = touches;
    row = undefined;
    moved = 0;
    if (touches.length !== 1 || finger === undefined) return;
    row = (target as Element).closest<HTMLElement>('article[data-seq]') ?? undefined;
    start = { x: finger.clientX, y: finger.clientY };
  };
  const move = ({ touches: [finger] }: TouchEvent) => {
    if (row === undefined || finger === undefined) return;
    const right = finger.clientX - start.x;
    if (moved === 0 && Math.abs(finger.clientY - start.y) > slop) {
      row = undefined;
      return;
    }
    if (right < slop) return;
    moved = Math.min(right, far + slop);
    row.style.translate = `${moved}px 0`;
  };
  const settle = () => {
    if (row === undefined) return;
    row.style.translate = '';
    const place = moved >= far ? placeOf(where, row) : undefined;
    if (place !== undefined && place.row.gone === undefined) reply(place);
    row = undefined;
  };
  box.addEventListener('touchstart', begin, { signal, passive: true });
  box.addEventListener('touchmove', move, { signal, passive: true });
  box.addEventListener('touchend', settle, { signal, passive: true });
  box.addEventListener(
    'touchcancel',
    () => {
      if (row !== undefined) row.style.translate = '';
      row = undefined;
    },
    { signal, passive: true },
  );
  return () => end.abort();
}
