// Leaving the house. Fetched by those who may leave, and by the door: the first load does not need it.
import { house, remember } from './house.ts';
import { forgetMe } from './me.ts';
import { forgetTimelines } from './reading.ts';
import { forgetRooms } from './rooms.ts';
import { visit } from './visit.ts';

/**
 * Leaves for good: the sign-in ends, the identity is forgotten. Rejects, and changes nothing, where the house does not
 * say that it ended: its cookie, which no script can take away, would bring one back in.
 */
export async function leaveHouse(): Promise<void> {
  await house().request('POST', 'v1/signout', {});
  await forgetVisit();
}

/** The account or the place is gone already. */
export async function forgetVisit(): Promise<void> {
  await house().leave();
  remember(undefined);
  forgetHere();
  visit.value = 'outside';
}

/** What was seen here was seen by somebody else. */
export function forgetHere(): void {
  forgetRooms();
  forgetTimelines();
  forgetMe();
}
