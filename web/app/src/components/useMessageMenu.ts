// The ways to a message's menu and to a person's card: one listener for the whole list, so that a row costs nothing.
// A right press, the menu key, a long press, the button in the row; and the keys of the menu while a row has focus.
// What they mean is said in a chunk of its own, which is fetched by the first of them if it is not here yet.
import type { RefObject } from 'preact';
import { useEffect } from 'preact/hooks';
import type { Point } from '../state/overlay.ts';
import type { Row } from '../state/rows.ts';
import { coarse } from '../state/screen.ts';
import type { Timeline } from '../state/timeline.ts';
import { talk, talkSoon } from './talk.ts';

const keys = /^(?:[raeclpu]|Enter|Delete)$/i;

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
    const open = (target: EventTarget | null, at: Point) =>
      void talk().then(({ presses }) => presses.openMenu(place, target, at));
    box.addEventListener(
      'click',
      ({ target }) => {
        // Every button of a row is marked with what it does; a link has no marks.
        if ((target as Element).closest('button') !== null)
          void talk().then(({ presses }) => presses.pressed(place, target as Element));
      },
      { signal },
    );
    box.addEventListener(
      'contextmenu',
      (event) => {
        const target = event.target as Element;
        // A link and a selection have a menu of their own, which is the browser's.
        if (target.closest('article[data-seq]') === null || target.closest('a') !== null) return;
        if (hasSelection()) return;
        event.preventDefault();
        open(target, { x: event.clientX, y: event.clientY });
      },
      { signal },
    );
    box.addEventListener(
      'keydown',
      (event) => {
        const target = event.target as HTMLElement;
        if (event.ctrlKey || event.metaKey || event.altKey || !keys.test(event.key)) return;
        if (!target.matches('article[data-seq]')) return;
        event.preventDefault();
        void talk().then(({ presses }) => presses.typed(place, target, event.key));
      },
      { signal },
    );
    if (coarse.peek()) {
      const rests = talkSoon().then(({ watchLongPress }) => watchLongPress(box, open, signal));
      // Without a network it comes when it is wanted.
      rests.catch(() => undefined);
    }
    return () => end.abort();
  }, [ref, timeline, chain]);
}

function hasSelection(): boolean {
  return (getSelection()?.toString() ?? '') !== '';
}
