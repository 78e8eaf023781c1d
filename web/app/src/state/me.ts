// Oneself as the house knows one: rights, ways to sign in, whom one muted. Asked again whenever it may have changed.
// Asked without the SDK's list of addresses, which the first load does not need.
import { type ReadonlySignal, signal } from '@preact/signals';
import { type Person, TeahouseError } from '@teahouse/sdk';
import type * as api from '@teahouse/sdk/api';
import { house } from './house.ts';

export const me = signal<api.Me | undefined>(undefined);
/** The ids of the people whose messages one does not want to see. */
export const muted: ReadonlySignal<ReadonlySet<string>> = signal(new Set<string>());

/** What one may do in the house. Reading it in a component follows it. */
export function may(what: api.MayHouse): boolean {
  return me.value?.may.includes(what) ?? false;
}

/** Asks who one is; a house that does not answer changes nothing. */
export async function refreshMe(): Promise<void> {
  const [self, hidden] = await Promise.allSettled([
    house().request<api.Me>('GET', 'v1/me'),
    house().request<{ hidden: Person[] }>('GET', 'v1/me/hidden'),
  ]);
  if (self.status === 'fulfilled') me.value = self.value;
  if (hidden.status === 'fulfilled') setMuted(hidden.value.hidden.map(({ id }) => id));
}

/** Mutes somebody for oneself alone, or ends that. */
export async function muteForMe(id: string, on: boolean): Promise<void> {
  await house().request(on ? 'PUT' : 'DELETE', `v1/me/hidden/${id}`);
  const others = [...muted.peek()].filter((other) => other !== id);
  setMuted(on ? [...others, id] : others);
}

/** Nobody is here any more. */
export function forgetMe(): void {
  me.value = undefined;
  setMuted([]);
}

/** Whose messages one does not want to see, from now on. */
export function setMuted(ids: readonly string[]): void {
  (muted as { value: ReadonlySet<string> }).value = new Set(ids);
}

/** The code of a refusal, or `internal` for what is none. */
export function codeOf(error: unknown): string {
  return error instanceof TeahouseError ? error.code : 'internal';
}
