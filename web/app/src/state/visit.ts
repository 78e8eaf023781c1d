// Being outside or inside the house: the look through the door, coming in, signing in, setting up, leaving.
import { signal } from '@preact/signals';
import { type Look, TeahouseError } from '@teahouse/sdk';
import { type NameFault, nameFault } from '../text/names.ts';
import { house, houseName, remember } from './house.ts';
import { forgetTimelines } from './reading.ts';

/** `checking`: nobody knows yet whether we were here before. */
export const visit = signal<'checking' | 'outside' | 'inside'>('checking');
/** The place somebody had is gone: the door says why they stand outside. Holds the code of the refusal. */
export const turnedOut = signal<string | undefined>(undefined);

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
  | 'busy'
  | 'unreachable';

/** Somebody who was here before is inside at once; the connection follows. */
export async function startVisit(): Promise<void> {
  const identity = await house().known();
  if (identity === undefined) {
    visit.value = 'outside';
    return;
  }
  remember(identity.you);
  visit.value = 'inside';
  await returnInside();
}

/** The SDK goes on trying while nobody answers; a refusal means the door. What was not sent is kept. */
export async function returnInside(): Promise<void> {
  try {
    await house().enter();
  } catch (error) {
    remember(undefined);
    turnedOut.value = codeOf(error);
    visit.value = 'outside';
  }
}

/** Looks through the door. */
export async function lookIn(room: string): Promise<void> {
  seen.value = { state: 'loading' };
  try {
    const look = await house().look(room);
    houseName.value = look.house.name;
    seen.value = { state: 'ready', look };
  } catch (error) {
    seen.value = { state: codeOf(error) === 'no_such_room' ? 'missing' : 'failed' };
  }
}

/** Comes in as a guest. Answers with what is wrong, or with nothing when one is inside. */
export async function comeIn(name: string): Promise<Refusal | undefined> {
  const fault = nameFault(name);
  if (fault !== undefined) return fault;
  return inside(() => house().enter(name.trim()));
}

/** Comes in with name and password. */
export async function signIn(name: string, password: string): Promise<Refusal | undefined> {
  if (name.trim() === '') return 'empty';
  if (password === '') return 'empty-password';
  return inside(async () => {
    await house().signIn({ name: name.trim(), password });
    forgetTimelines();
    await house().enter();
  });
}

export const passwordMin = 8;

/** Makes the owner's account with the key of the terminal's link. */
export async function setUp(
  token: string,
  name: string,
  password: string,
  called: string,
): Promise<Refusal | undefined> {
  const fault = nameFault(name);
  if (fault !== undefined) return fault;
  if ([...password].length < passwordMin) return 'short-password';
  const named = called.trim();
  return inside(async () => {
    await house().setup({
      token,
      name: name.trim(),
      password,
      ...(named === '' ? {} : { house: named }),
    });
    forgetTimelines();
    await house().enter();
  });
}

async function inside(work: () => Promise<unknown>): Promise<Refusal | undefined> {
  try {
    await work();
  } catch (error) {
    return refusalOf(codeOf(error));
  }
  turnedOut.value = undefined;
  visit.value = 'inside';
  return undefined;
}

function refusalOf(code: string): Refusal {
  if (code === 'name_taken') return 'taken';
  if (code === 'bad_name' || code === 'bad_field') return 'bad';
  if (code === 'bad_password') return 'password';
  if (code === 'bad_token' || code === 'forbidden' || code === 'not_found') return 'used';
  if (code === 'unreachable') return 'unreachable';
  return 'busy';
}

/** Leaves for good: the identity is forgotten. */
export async function leaveHouse(): Promise<void> {
  await house().leave();
  remember(undefined);
  forgetTimelines();
  visit.value = 'outside';
}

function codeOf(error: unknown): string {
  return error instanceof TeahouseError ? error.code : 'internal';
}
