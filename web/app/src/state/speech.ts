// Decides what of the room and the connection is announced. The announcer itself knows no rooms. Comes with the first
// thing that may have to be said.
import { effect } from '@preact/signals';
import type { ChatEvent } from '@teahouse/sdk';
import { words } from '../i18n/language.ts';
import { partWords } from '../parts/words.ts';
import { plainOf } from '../text/plain.ts';
import { announce } from './announcer.ts';
import { connection, lostAt, you } from './house.ts';
import { messageAt } from './log.ts';
import { callsMe } from './rows.ts';
import { settings } from './settings.ts';
import type { Timeline } from './timeline.ts';
import { say } from './voice.ts';

/** The connection is worth a word only when it is gone this long. */
const lost_ms = 10_000;
/** In larger rooms only what is for one is read aloud, unless somebody wants more. */
const announcedPeopleMax = 30;

/** New messages of others in the room on screen, as far as the person wants to hear them. */
export function announceEvents(timeline: Timeline, events: readonly ChatEvent[]): void {
  const wanted = wantedIn(timeline);
  for (const event of events) {
    if (wanted === 'nothing' || event.kind !== 'message' || event.by.id === you.peek()?.id)
      continue;
    if (wanted === 'all' || isForMe(timeline, event))
      announce(words(), { name: event.by.name, text: spoken(event) });
  }
}

function wantedIn({ here }: Timeline): 'all' | 'me' | 'nothing' {
  const { announce: wanted } = settings.peek();
  if (wanted !== 'auto') return wanted;
  return here.peek().count > announcedPeopleMax ? 'me' : 'all';
}

/** It calls one, answers one, or is said to one alone. */
function isForMe({ info, log }: Timeline, event: ChatEvent): boolean {
  if (info.peek()?.direct || callsMe(event, you.peek())) return true;
  const { target } = event.body;
  if (target === undefined) return false;
  const answered = messageAt(log, target) ?? log.quotes.get(target);
  return answered !== undefined && answered.by.id === you.peek()?.id;
}

/** What a message says, or else what it carries. */
function spoken({ body: { text = '', mentions, files = [] } }: ChatEvent): string {
  return text === '' ? files.map(({ name }) => name).join(', ') : plainOf(text, mentions);
}

/** Says when the connection is lost for long, and when it is back. Returns the end of it. */
export function announceConnection(): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let said = false;
  const end = effect(() => {
    clearTimeout(timer);
    if (connection.value === 'live') {
      if (said) say(partWords().netBackSaid);
      said = false;
      return;
    }
    if (lostAt.value === undefined || said) return;
    timer = setTimeout(
      () => {
        said = true;
        say(partWords().netLostSaid);
      },
      Math.max(0, lost_ms - (Date.now() - lostAt.value)),
    );
  });
  return () => {
    clearTimeout(timer);
    end();
  };
}
