// Being outside or inside the house: who was here before is inside at once. Leaving it stands in leaving.ts.
import { signal } from '@preact/signals';
import { TeahouseError } from '@teahouse/sdk';
import type * as api from '@teahouse/sdk/api';
import { house, remember } from './house.ts';
import { codeOf } from './me.ts';
import { timelineOf } from './reading.ts';
import { idOf } from './rooms.ts';
import { lastRoom, route } from './route.ts';

/** `checking`: nobody knows yet whether we were here before. */
export const visit = signal<'checking' | 'outside' | 'inside'>('checking');
/** The place somebody had is gone: the door says why they stand outside. Holds the code of the refusal. */
export const turnedOut = signal<string | undefined>(undefined);

/** Until when one is banned, if that ends. */
export const bannedUntil = signal<number | undefined>(undefined);

/** Somebody who was here before is inside at once; the connection follows. */
export async function startVisit(): Promise<void> {
  const known = (await house().known())?.you ?? (await byCookie());
  if (known === undefined) {
    visit.value = 'outside';
    return;
  }
  remember(known);
  // What is opened before the connection is there is asked for with its first word.
  const to = route.peek();
  const id = idOf(to.screen === 'room' ? to.room : lastRoom.peek());
  if (id !== undefined) timelineOf(id);
  visit.value = 'inside';
  await returnInside();
}

/** Who comes back from signing in at another house has a cookie of which this page does not know yet. */
async function byCookie() {
  try {
    const { you } = await house().request<api.Me>('GET', 'v1/me');
    await (await import('./leaving.ts')).settle(you);
    return you;
  } catch (error) {
    if (codeOf(error) === 'banned') {
      turnedOut.value = 'banned';
      noteBan(error);
    }
    return undefined;
  }
}

/** The SDK goes on trying while nobody answers; a refusal means the door. What was not sent is kept. */
export async function returnInside(isAgain = false): Promise<void> {
  try {
    await house().enter();
  } catch (error) {
    // The cookie may be that of somebody who has just signed in at another house.
    const other = !isAgain && codeOf(error) === 'bad_token' ? await byCookie() : undefined;
    if (other !== undefined) {
      remember(other);
      return returnInside(true);
    }
    remember(undefined);
    turnedOut.value = codeOf(error);
    noteBan(error);
    visit.value = 'outside';
  }
}

/** Until when one has to stay out, from the refusal that said so. */
export function noteBan(error: unknown): void {
  const wait_ms = error instanceof TeahouseError ? error.retry_ms : undefined;
  bannedUntil.value = wait_ms === undefined ? undefined : Date.now() + wait_ms;
}
