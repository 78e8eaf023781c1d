import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

/**
 * For a line where something is missing: calls `ask` when it comes within a screen of what is shown of the part that
 * it scrolls in, once it waits, and again when one of `what` is another.
 */
export function useNear(
  scroller: string,
  isWaiting: boolean,
  ask: () => void,
  what: readonly unknown[],
): RefObject<HTMLDivElement | null> {
  const line = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (line.current === null || !isWaiting) return;
    const near = new IntersectionObserver(
      (seen) => {
        if (seen.some((entry) => entry.isIntersecting)) ask();
      },
      { root: line.current.closest(scroller), rootMargin: '100%' },
    );
    near.observe(line.current);
    return () => near.disconnect();
  }, [isWaiting, ...what]);
  return line;
}
