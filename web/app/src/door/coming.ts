// The look through the door, and every way of coming in. Part of the door's own piece: inside, nobody needs it.
import { signal } from '@preact/signals';
import type { Look } from '@teahouse/sdk';
import * as api from '@teahouse/sdk/api';
import { house, houseName } from '../state/house.ts';
import { forgetHere, settle } from '../state/leaving.ts';
import { codeOf } from '../state/me.ts';
import { refreshRooms, rooms } from '../state/rooms.ts';
import { noteBan, turnedOut, visit } from '../state/visit.ts';
import { type NameFault, nameFault } from '../text/names.ts';

/** What the door has to know: who may come in, and what is asked of them. */
export const doorway = signal<api.HouseView | undefined>(undefined);

export type Seen =
  | { state: 'loading' }
  | { state: 'ready'; look: Look }
  | { state: 'missing' }
  | { state: 'failed' };
/** The room from the doorway. */
export const seen = signal<Seen>({ state: 'loading' });
export type Refusal =
  | NameFault
  | 'taken'
  | 'bad'
  | 'password'
  | 'empty-password'
  | 'short-password'
  | 'used'
  | 'closed'
  | 'question'
  | 'banned'
  | 'cancelled'
  | 'slow'
  | 'busy'
  | 'unreachable';

/** Forgets what this device kept of the rooms. */
export async function leaveNothing(): Promise<void> {
  try {
    const { dropAll } = await import('../offline/kept.ts');
    await dropAll();
  } catch {
    // A browser that forbids it has kept nothing.
  }
}

/** Asks what the door has to know. */
export async function readDoorway(): Promise<void> {
  try {
    doorway.value = await api.houseView(house());
    houseName.value = doorway.value.name;
  } catch {
    // The look through the door says that nobody answers.
  }
}

/** Looks through the door. */
export async function lookIn(room: string): Promise<void> {
  seen.value = { state: 'loading' };
  void readDoorway();
  try {
    const look = await house().look(room);
    houseName.value = look.house.name;
    seen.value = { state: 'ready', look };
  } catch (error) {
    seen.value = { state: codeOf(error) === 'no_such_room' ? 'missing' : 'failed' };
  }
}

/** What else the door may ask of a guest. */
export interface GuestAnswers {
  invite?: string;
  /** To the door's question. */
  answer?: string;
  /** The house wants accounts: the guest becomes a member at once. */
  password?: string;
}

/** Comes in as a guest. Answers with what is wrong, or with nothing when one is inside. */
export async function comeIn(
  name: string,
  answers: GuestAnswers = {},
): Promise<Refusal | undefined> {
  const fault = nameFault(name);
  if (fault !== undefined) return fault;
  if (answers.password !== undefined && [...answers.password].length < passwordMin)
    return 'short-password';
  const refusal = await comeInBy(() => becomeGuest({ name: name.trim(), ...answers }));
  // What the door asks may have changed since it was read.
  if (refusal === 'question' || refusal === 'closed') await readDoorway();
  return refusal;
}

async function becomeGuest(wish: api.GuestWish): Promise<void> {
  for (let again = false; ; again = true) {
    const asked = doorway.peek()?.work;
    const work =
      asked === undefined ? {} : { work: await (await import('../door/work.ts')).prove(asked) };
    try {
      await api.becomeGuest(house(), { ...wish, ...work });
      return;
    } catch (error) {
      // The task was an old one: the door gives another.
      if (codeOf(error) !== 'work' || again) throw error;
      await readDoorway();
    }
  }
}

/** Uses an invite after coming in; answers with the room it leads to. */
export async function takeInvite(code: string, room: string): Promise<void> {
  await refreshRooms();
  // Whoever came in by it has used it already.
  if (rooms.peek()?.find(({ id }) => id === room)?.joined) return;
  await api.useInvite(house(), code);
  await refreshRooms();
}

export const passwordMin = 8;

/** Comes in with name and password. */
export async function signIn(name: string, password: string): Promise<Refusal | undefined> {
  if (name.trim() === '') return 'empty';
  if (password === '') return 'empty-password';
  return comeInBy(() => api.signIn(house(), { name: name.trim(), password }));
}

/** Becomes somebody, then comes in. Nothing of who was here before is there when the room is. */
export async function comeInBy(become: () => Promise<unknown>): Promise<Refusal | undefined> {
  try {
    await become();
    forgetHere();
    // Before the connection is there: a page that is reloaded while it waits is inside as them.
    const known = await house().known();
    if (known !== undefined) await settle(known.you);
    await house().enter();
  } catch (error) {
    return refusalOf(error);
  }
  turnedOut.value = undefined;
  visit.value = 'inside';
  return undefined;
}

const refusals: Record<string, Refusal> = {
  name_taken: 'taken',
  bad_name: 'bad',
  bad_field: 'bad',
  bad_password: 'password',
  bad_token: 'used',
  not_found: 'used',
  forbidden: 'closed',
  question: 'question',
  banned: 'banned',
  rate: 'slow',
  unreachable: 'unreachable',
};

function refusalOf(error: unknown): Refusal {
  noteBan(error);
  // The browser's own question was declined.
  if (error instanceof DOMException) return 'cancelled';
  return refusals[codeOf(error)] ?? 'busy';
}
