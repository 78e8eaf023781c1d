// The time as a signal. It ticks only while somebody looks at it, so an idle page has no timer.
import { signal } from '@preact/signals';

const tick_ms = 250;
let timer: ReturnType<typeof setInterval> | undefined;

export const now = signal(Date.now(), {
  watched() {
    timer = setInterval(() => {
      now.value = Date.now();
    }, tick_ms);
  },
  unwatched() {
    clearInterval(timer);
    timer = undefined;
  },
});

/** Whole seconds until a moment, at least one: for countdowns. */
export function secondsUntil(moment: number, from: number): number {
  return Math.max(1, Math.ceil((moment - from) / 1000));
}
