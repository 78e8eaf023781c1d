// A finger that rests: iPhones know no `contextmenu`.
import type { Point } from '../state/overlay.ts';

const longPress_ms = 500;

/** Calls `open` with what the finger rests on and where, until the signal ends it. */
export function watchLongPress(
  box: HTMLElement,
  open: (target: EventTarget | null, at: Point) => void,
  signal: AbortSignal,
): void {
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
