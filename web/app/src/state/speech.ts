// Decides what of the room and the connection is announced. The announcer itself knows no rooms.
import { effect } from '@preact/signals';
import type { ChatEvent } from '@teahouse/sdk';
import { words } from '../i18n/language.ts';
import { plainOf } from '../text/plain.ts';
import { announce, announcedPeopleMax, say } from './announcer.ts';
import { connection, lostAt, you } from './house.ts';
import { attentive } from './screen.ts';
import type { Timeline } from './timeline.ts';

/** The connection is worth a word only when it is gone this long. */
const lost_ms = 10_000;

/** New messages of others in the open room, while somebody is at this window. */
export function announceEvents(timeline: Timeline, events: readonly ChatEvent[]): void {
  const live = timeline.onScreen && timeline.phase.peek() === 'open' && timeline.room.live;
  if (!live || !attentive.peek() || timeline.here.peek().count > announcedPeopleMax) return;
  for (const event of events) {
    if (event.kind !== 'message' || event.by.id === you.peek()?.id) continue;
    announce(words(), {
      name: event.by.name,
      text: spoken(event),
    });
  }
}

/** What a message says, or else what it carries. */
function spoken({ body: { text = '', mentions, files = [] } }: ChatEvent): string {
  return text === '' ? files.map(({ name }) => name).join(', ') : plainOf(text, mentions);
}

/** Something of ours went wrong: said at once. */
export function announceFault(text: string): void {
  say(text, true);
}

/** Says when the connection is lost for long, and when it is back. Returns the end of it. */
export function announceConnection(): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let said = false;
  const end = effect(() => {
    clearTimeout(timer);
    if (connection.value === 'live') {
      if (said) say(words().netBackSaid);
      said = false;
      return;
    }
    if (lostAt.value === undefined || said) return;
    timer = setTimeout(
      () => {
        said = true;
        say(words().netLostSaid);
      },
      Math.max(0, lost_ms - (Date.now() - lostAt.value)),
    );
  });
  return () => {
    clearTimeout(timer);
    end();
  };
}
