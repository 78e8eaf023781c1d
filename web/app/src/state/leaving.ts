// Leaving the house, and coming where somebody else was. Fetched by those who may leave, and by the door: the first load
// does not need it.
import type { Person } from '@teahouse/sdk';
import { change, database } from '../storage/database.ts';
import { channel, clearDrafts } from '../storage/drafts.ts';
import { forgetStored, isFor, keepFor } from '../storage/whose.ts';
import { places } from './attached.ts';
import { drawNow } from './frames.ts';
import { house, remember } from './house.ts';
import { forgetMe } from './me.ts';
import { hide } from './overlay.ts';
import { forgetTimelines } from './reading.ts';
import { forgetRooms } from './rooms.ts';
import { go, lastRoom, roomRoute, route } from './route.ts';
import { settings } from './settings.ts';
import { visit } from './visit.ts';
import { assertive, polite } from './voice.ts';

/**
 * Leaves for good: the sign-in ends, the identity is forgotten. Rejects, and changes nothing, where the house does not
 * say that it ended: its cookie, which no script can take away, would bring one back in.
 */
export async function leaveHouse(): Promise<void> {
  await house().request('POST', 'v1/signout', {});
  await forgetVisit();
}

/** The account or the place is gone already: nothing stays. */
export async function forgetVisit(): Promise<void> {
  await house().leave();
  remember(undefined);
  forgetHere();
  await forgetKept();
}

/**
 * What was seen here was seen by somebody else: it goes from the page. What only lazy parts know goes as the visit is
 * outside. What was written is kept until it is known who comes.
 */
export function forgetHere(): void {
  visit.value = 'outside';
  // The fields keep what stands in them as they go: they go before anything is forgotten.
  drawNow();
  hide();
  polite.value = assertive.value = '';
  forgetRooms();
  forgetTimelines();
  forgetMe();
  forgetAsked();
}

/** What somebody searched stands in the address. */
function forgetAsked(): void {
  const to = route.peek();
  const beside = to.screen === 'room' ? to.panel : undefined;
  const isSearch = to.screen === 'search' || (typeof beside === 'object' && 'search' in beside);
  if (isSearch) go(roomRoute(lastRoom.peek()), true);
}

/** Somebody came in: what is kept on this device is theirs, or goes. */
export async function settle(person: Person): Promise<void> {
  if (!isFor(person)) await forgetKept();
  keepFor(person);
}

/** What one person wrote and did on this device, and what it was told for them. */
async function forgetKept(): Promise<void> {
  forgetStored();
  for (const files of places.values()) files.value = [];
  if (settings.peek().notify)
    void import('../calls/device.ts').then(({ turnOff }) => turnOff(), missing);
  await Promise.all([forgetDrafts(), forgetFiles()]);
}

async function forgetDrafts(): Promise<void> {
  try {
    await change(await database(), 'drafts', 'default', (store) => store.clear());
  } catch {
    // They go with the page.
  }
  clearDrafts();
  channel?.postMessage({});
}

async function forgetFiles(): Promise<void> {
  try {
    // Who never attached anything needs not wait for the part that knows how.
    const made = 'databases' in indexedDB ? await indexedDB.databases() : undefined;
    if (made?.every(({ name }) => name !== 'teahouse-files')) return;
    const { dropAll } = await import('../files/kept.ts');
    await dropAll();
  } catch {
    // A browser that forbids it has kept nothing.
  }
}

/** The house tells a browser no more once its sign-in ended. */
function missing(): void {}
