// The words of what one does with messages, in English: the source that words.zh.ts is typed by.
import { timesIn } from '../text/time.ts';

const numbers = new Intl.NumberFormat('en');
const plurals = new Intl.PluralRules('en');
const times = timesIn('en-GB');

function plural(n: number, one: string, other: string): string {
  return (plurals.select(n) === 'one' ? one : other).replace('{n}', numbers.format(n));
}

const why: Record<string, string> = {
  forbidden: 'You may not do that here.',
  may_not_write: 'You may not write in this room.',
  muted: 'You are muted in this room for a while.',
  no_such_message: 'The message is gone.',
  too_many: 'There are too many already.',
  too_late: 'It is too late for that.',
};

export const talk = {
  tools: 'What to do with this message',
  reply: 'Reply',
  edit: 'Edit',
  pin: 'Pin to room',
  unpin: 'Take down the pin',
  unread: 'Mark unread from here',
  versions: 'Earlier versions',
  showReplies: 'Show replies',
  reactWith: (emoji: string) => `React with ${emoji}`,
  reactionsBy: 'Who reacted',
  refused: (code: string) => why[code] ?? `The house refused it. Code ${code}.`,

  repliesTitle: 'Replies',
  repliesCount: (n: number) => plural(n, '{n} reply', '{n} replies'),
  repliesSome: (n: number) => plural(n, 'At least {n} reply', 'At least {n} replies'),
  repliesNone: 'No replies yet. Yours would be the first.',
  repliesGone: 'This message is gone, or not open to you.',
  repliesFailed: 'The replies did not come.',
  pinsTitle: 'Pinned messages',
  pinsCount: (n: number) => plural(n, '{n} pinned message', '{n} pinned messages'),
  pinsNone: 'Nothing is pinned yet. What everybody should find again belongs here.',
  pinsFailed: 'The pinned messages did not come.',
  pinsJump: 'Show in the room',
  pinsTake: 'Take down',
  versionsTitle: 'Earlier versions',
  versionsNow: 'Now',
  versionsAt: (at: number) => times.format(at),
  versionsNone: 'No earlier version is kept.',
  editFirst: 'Save or cancel the edit that is begun first.',
  deleteEdit: 'An empty message cannot be sent. Delete it instead?',
};

export type TalkWords = typeof talk;
