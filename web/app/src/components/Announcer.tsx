import { assertive, polite } from '../state/voice.ts';

/** The two hidden regions that a screen reader follows; the list itself is silent. */
export function Announcer() {
  return (
    <>
      <div class="sr" role="status" aria-live="polite">
        {polite.value}
      </div>
      <div class="sr" role="alert" aria-live="assertive">
        {assertive.value}
      </div>
    </>
  );
}
