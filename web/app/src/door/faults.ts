// Why somebody did not get in, in a sentence. What is not special here is said as the door says it.

import { bannedUntil } from '../state/visit.ts';
import type { Refusal } from './coming.ts';
import type { DoorWords } from './words.en.ts';

export function refusalText(d: DoorWords, why: Refusal): string {
  const texts: Record<Refusal, string> = {
    empty: d.doorEmpty,
    long: d.doorLong,
    taken: d.doorBad,
    bad: d.doorBad,
    password: d.signInWrong,
    'empty-password': d.passwordEmpty,
    'short-password': d.setupPasswordShort,
    used: d.setupUsed,
    closed: d.setupUsed,
    question: d.doorWrongAnswer,
    banned: d.doorBanned(bannedUntil.value),
    cancelled: d.signInCancelled,
    slow: d.signInSlow,
    busy: d.doorBusy,
    unreachable: d.doorUnreachable,
  };
  return texts[why];
}
