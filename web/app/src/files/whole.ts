// Messages that wait for their files.
import { effect, signal } from '@preact/signals';
import { areWhole, attachedTo } from '../state/attached.ts';

const waiting = new Map<string, () => void>();
/** Places whose message goes as soon as its files are whole. */
export const goesWhenWhole = signal<ReadonlySet<string>>(new Set());

/** Sends once everything there is whole; not if something fails, or is asked twice. */
export function sendWhenWhole(place: string, send: () => void): void {
  if (waiting.has(place)) return;
  const stop = (then?: () => void) => {
    // The effect may end itself while it runs for the first time.
    queueMicrotask(() => {
      waiting.get(place)?.();
      waiting.delete(place);
      goesWhenWhole.value = new Set(waiting.keys());
      then?.();
    });
  };
  waiting.set(
    place,
    effect(() => {
      const files = attachedTo(place).value;
      if (files.some(({ state }) => state === 'failed') || files.length === 0) stop();
      else if (areWhole(files)) stop(send);
    }),
  );
  goesWhenWhole.value = new Set(waiting.keys());
}
