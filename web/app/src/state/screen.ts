// What kind of screen this is, as signals that follow the window.
import { type Signal, signal } from '@preact/signals';
import { systemDark } from './settings.ts';

/** Under 720 px: one screen at a time. */
export const phone = signal(false);
/** From 1180 px the panel stands beside the room, below it slides over it. */
export const wide = signal(true);
/** From 1400 px the panel is open on the first visit. */
export const roomy = signal(true);
/** A finger, not a mouse. */
export const coarse = signal(false);
/** The window has focus and is visible: what arrives at the end of the list is read. */
export const attentive = signal(true);

/** Shortcuts are written as the keyboard at hand has them. */
export const isMac =
  typeof navigator !== 'undefined' &&
  /Mac|iPhone|iPad/.test(navigator.platform || navigator.userAgent);

/** The page stood still once since somebody came in: what is not needed at once may come. */
export const idle = signal(false);
/** The keys of the app act; until then none is promised. */
export const keysAct = signal(false);

/** Follows the window; called once by the page. */
export function watchScreen(): void {
  follow('(max-width: 719.98px)', phone);
  follow('(min-width: 1180px)', wide);
  follow('(min-width: 1400px)', roomy);
  follow('(pointer: coarse)', coarse);
  follow('(prefers-color-scheme: dark)', systemDark);
  const look = () => {
    attentive.value = document.visibilityState === 'visible' && document.hasFocus();
  };
  look();
  document.addEventListener('visibilitychange', look);
  window.addEventListener('focus', look);
  window.addEventListener('blur', look);
}

function follow(query: string, into: Signal<boolean>): void {
  const media = matchMedia(query);
  into.value = media.matches;
  media.addEventListener('change', () => {
    into.value = media.matches;
  });
}
