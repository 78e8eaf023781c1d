// A mute ends by itself: no event says so, the list of rooms has to be asked.
import type { RoomView } from '@teahouse/sdk';
import { refreshRooms } from './rooms.ts';

/** The clock of the house may be behind: what it says is over then is asked for again after this long. */
const again_ms = 5000;
/** The longest timer that browsers have; a longer one would end at once. */
const timer_ms_max = 2 ** 31 - 1;

/** Asks for the list of rooms when one may write again. Returns the end of it. */
export function askWhenOver({ silenced_until: until }: RoomView): (() => void) | undefined {
  if (!until) return undefined;
  const wait = Math.max(until - Date.now(), again_ms);
  const timer = setTimeout(() => void refreshRooms(), Math.min(wait, timer_ms_max));
  return () => clearTimeout(timer);
}
