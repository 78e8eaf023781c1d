// What a screen reader is told, apart from the list: each new message once, at most one utterance in 1.5 s.
// History, one's own messages and typing are never announced.
import { signal } from '@preact/signals';
import type { Messages } from '../i18n/messages.en.ts';

/** The text of the polite region, and of the assertive one. */
export const polite = signal('');
export const assertive = signal('');

const pause_ms = 1500;
const manyFrom = 4;
/** In larger rooms messages are not read aloud unasked. */
export const announcedPeopleMax = 30;

interface Heard {
  name: string;
  text: string;
}

let waiting: Heard[] = [];
let timer: ReturnType<typeof setTimeout> | undefined;

/** A new message in the open room. */
export function announce(t: Messages, message: Heard): void {
  waiting.push(message);
  if (timer !== undefined) return;
  speak(t);
  timer = setTimeout(() => next(t), pause_ms);
}

/** Something that happened to the page: the connection, a message that was not sent. */
export function say(text: string, urgent = false): void {
  const region = urgent ? assertive : polite;
  // The same sentence twice is a change to nobody: a space makes it one.
  region.value = region.peek() === text ? `${text}\u00a0` : text;
}

/** Nothing waits any more: another room was opened. */
export function hush(): void {
  waiting = [];
  clearTimeout(timer);
  timer = undefined;
  polite.value = '';
}

function next(t: Messages): void {
  timer = undefined;
  if (waiting.length === 0) return;
  speak(t);
  timer = setTimeout(() => next(t), pause_ms);
}

function speak(t: Messages): void {
  const last = waiting.at(-1);
  if (last === undefined) return;
  const lines = waiting.map((heard) => t.roomLine(heard.name, heard.text));
  say(waiting.length >= manyFrom ? t.listMany(waiting.length, last.name) : lines.join('\n'));
  waiting = [];
}
