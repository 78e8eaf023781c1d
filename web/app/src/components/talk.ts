// The chunk of what one does with messages: fetched once the room is on the page and nothing else waits.
type Talk = typeof import('../talk/talk.ts');

let fetched: Promise<Talk> | undefined;

export function talk(): Promise<Talk> {
  fetched ??= import('../talk/talk.ts').catch((error: unknown) => {
    fetched = undefined;
    throw error;
  });
  return fetched;
}

/** Fetches it when the browser has time. */
export async function talkSoon(): Promise<Talk> {
  if (fetched === undefined) await new Promise<void>(idle);
  return talk();
}

function idle(then: () => void): void {
  if (typeof requestIdleCallback === 'function') requestIdleCallback(() => then());
  else setTimeout(then, 500);
}
