// The two hidden regions that a screen reader follows. What is said in them of messages is decided in speech.ts.
import { signal } from '@preact/signals';

/** The text of the polite region, and of the assertive one. */
export const polite = signal('');
export const assertive = signal('');

/** Something that happened to the page: the connection, a message that was not sent. */
export function say(text: string, urgent = false): void {
  const region = urgent ? assertive : polite;
  // The same sentence twice is a change to nobody: a space makes it one.
  region.value = region.peek() === text ? `${text}\u00a0` : text;
}

/** Something of ours went wrong: said at once. */
export function announceFault(text: string): void {
  say(text, true);
}
