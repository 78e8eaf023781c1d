// What a screen reader is told, apart from the list: each new message once, at most one utterance in 1.5 s.
// History, one's own messages and typing are never announced.
import type { Messages } from '../i18n/messages.en.ts';
import { polite, say } from './voice.ts';

const pause_ms = 1500;
const manyFrom = 4;
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
