// Why somebody did not get in, in a sentence. What is not special here is said as the door says it.
import type { Messages } from '../i18n/messages.en.ts';
import { bannedUntil, type Refusal } from '../state/visit.ts';
import type { DoorWords } from './words.en.ts';

export function refusalText(t: Messages, d: DoorWords, why: Refusal): string {
  const texts: Record<Refusal, string> = {
    empty: t.doorEmpty,
    long: t.doorLong,
    taken: t.doorBad,
    bad: t.doorBad,
    password: t.signInWrong,
    'empty-password': t.passwordEmpty,
    'short-password': d.setupPasswordShort,
    used: d.setupUsed,
    closed: d.setupUsed,
    question: t.doorWrongAnswer,
    banned: t.doorBanned(bannedUntil.value),
    cancelled: d.signInCancelled,
    slow: d.signInSlow,
    busy: t.doorBusy,
    unreachable: t.doorUnreachable,
  };
  return texts[why];
}
