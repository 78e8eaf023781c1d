// Drawing once per frame: a burst of a hundred messages is a handful of renders, and nobody can see the difference.
import { options } from 'preact';

/** A page in the background has no frames; what must be drawn all the same comes after this long. */
const hidden_ms = 100;

let waiting: (() => void) | undefined;

/** Draws what waits for the next frame at once: what was just written, and the room that was just opened. */
export function drawNow(): void {
  waiting?.();
}

/** Makes Preact render at most once per frame; called once by the page. */
export function renderOncePerFrame(): void {
  options.debounceRendering = (render) => {
    let done = false;
    const once = () => {
      if (done) return;
      done = true;
      waiting = undefined;
      cancelAnimationFrame(frame);
      clearTimeout(timer);
      render();
    };
    const frame = requestAnimationFrame(once);
    const timer = setTimeout(once, hidden_ms);
    waiting = once;
  };
}
