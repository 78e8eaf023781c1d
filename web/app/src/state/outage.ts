// Says that the connection is gone, and that it is back, to who does not see it. Not needed to see the room.
import { effect } from '@preact/signals';
import { words } from '../i18n/language.ts';
import { say } from './announcer.ts';
import { connection, lostAt } from './house.ts';

/** The connection is worth a word only when it is gone this long. */
const lost_ms = 10_000;

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
