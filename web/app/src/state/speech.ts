// Decides what of the room is announced; `outage.ts` does so for the connection. The announcer itself knows no rooms.
import type { ChatEvent } from '@teahouse/sdk';
import { words } from '../i18n/language.ts';
import { plainOf } from '../text/plain.ts';
import { announce, announcedPeopleMax, say } from './announcer.ts';
import { you } from './house.ts';
import { attentive } from './screen.ts';
import type { Timeline } from './timeline.ts';

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
