/**
 * Opening the lab: is there a room for it, who is here, and is no other window at it.
 * Ends with a bench that runs, or says why there is none.
 */
import { type Signal, signal } from '@preact/signals';
import { TeahouseError } from '@teahouse/sdk';
import { house } from '../state/house.ts';
import { Bench } from './bench.ts';
import { readCosts } from './costs.ts';
import { byCookie, labRoom, openSocket } from './socket.ts';

export type LabVisit =
  | { state: 'opening' }
  | { state: 'elsewhere' }
  | { state: 'no-room' }
  | { state: 'unreachable' }
  | { state: 'ready'; bench: Bench };

/** One lab at a time in one browser. */
const lockName = 'teahouse.lab';
/** Who came to see the lab alone stays the same guest while the tab lives. */
const guestKey = 'teahouse.lab.guest';

/** Opens the lab; returns what closes it. */
export function openLab(visit: Signal<LabVisit>): () => void {
  const end = new AbortController();
  const { signal: ended } = end;
  visit.value = { state: 'opening' };
  void enter(visit, ended);
  return () => end.abort();
}

export function newVisit(): Signal<LabVisit> {
  return signal<LabVisit>({ state: 'opening' });
}

async function enter(visit: Signal<LabVisit>, ended: AbortSignal): Promise<void> {
  try {
    await house().look(labRoom);
  } catch (error) {
    const isMissing = error instanceof TeahouseError && error.code === 'no_such_room';
    if (!ended.aborted) visit.value = { state: isMissing ? 'no-room' : 'unreachable' };
    return;
  }
  if (ended.aborted) return;
  const isFree = await navigator.locks.request(lockName, { ifAvailable: true }, async (lock) => {
    if (lock === null || ended.aborted) return false;
    await run(visit, ended);
    return true;
  });
  if (isFree || ended.aborted) return;
  visit.value = { state: 'elsewhere' };
  const waiting = navigator.locks.request(lockName, { signal: ended }, () => run(visit, ended));
  // Whoever leaves while waiting is not refused anything.
  await waiting.catch(() => undefined);
}

/** Until the screen is closed. */
async function run(visit: Signal<LabVisit>, ended: AbortSignal): Promise<void> {
  const known = await house().known();
  const token = known === undefined ? sessionStorage.getItem(guestKey) : (known.token ?? byCookie);
  if (ended.aborted) return;
  const bench = new Bench({
    open: openSocket,
    readCosts,
    token: token ?? undefined,
    keepToken: (token) => sessionStorage.setItem(guestKey, token),
    // What a page asks by its cookie has to show that a page asks.
    fetch: (url, init) => fetch(url, { ...init, headers: { ...init?.headers, 'x-teahouse': '1' } }),
    now: () => performance.now(),
    hidden: () => document.visibilityState === 'hidden',
  });
  bench.start();
  visit.value = { state: 'ready', bench };
  await new Promise<void>((resolve) => ended.addEventListener('abort', () => resolve()));
  bench.close();
}
