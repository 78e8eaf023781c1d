import 'fake-indexeddb/auto';
import { type House, type Person, TeahouseError } from '@teahouse/sdk';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { comeIn, comeInBy } from '../src/door/coming.ts';
import * as files from '../src/files/kept.ts';
import { watchOwner } from '../src/offline/owner.ts';
import { keepSearch, searched } from '../src/search/recent.ts';
import { found } from '../src/search/state.ts';
import { attachedTo } from '../src/state/attached.ts';
import { attachHouse, remember, you } from '../src/state/house.ts';
import { leaveHouse } from '../src/state/leaving.ts';
import { knownTimelines, timelineOf } from '../src/state/reading.ts';
import { receiveRooms, refreshRooms, rooms } from '../src/state/rooms.ts';
import { go, route } from '../src/state/route.ts';
import { changeSettings } from '../src/state/settings.ts';
import { returnInside, startVisit, visit } from '../src/state/visit.ts';
import { drafted, readDraft, saveDraft } from '../src/storage/drafts.ts';
import { whose } from '../src/storage/whose.ts';
import { noteUse, used } from '../src/talk/habits.ts';
import { ada, FakeHouse, lin, listed } from './fakes.ts';

/** A house that lets in whom a test says, and ends sign-ins, or refuses to. */
class DoorHouse extends FakeHouse {
  override state = 'live';
  /** Who is behind the cookie. */
  cookie: Person | undefined;
  you: Person | undefined;
  /** Who was here before in this browser. */
  before: Person | undefined;
  refusal: string | undefined;
  readonly asked: string[] = [];

  async request(method: string, path: string): Promise<unknown> {
    this.asked.push(`${method} ${path}`);
    if (this.refusal !== undefined) throw new TeahouseError({ code: this.refusal, message: 'No.' });
    if (path === 'v1/me' && this.cookie === undefined)
      throw new TeahouseError({ code: 'bad_token', message: 'No.' });
    return { you: this.cookie, rooms: [listed('secret')] };
  }

  async become(): Promise<unknown> {
    this.before = this.cookie;
    return this.cookie;
  }

  async enter(): Promise<Person> {
    if (this.cookie === undefined) throw new TeahouseError({ code: 'bad_token', message: 'No.' });
    this.you = this.cookie;
    return this.cookie;
  }

  async known(): Promise<{ you: Person } | undefined> {
    return this.before === undefined ? undefined : { you: this.before };
  }

  async leave(): Promise<void> {
    this.cookie = this.you = this.before = undefined;
  }
}

class FakeStorage {
  [key: string]: unknown;
  getItem(key: string): unknown {
    return Object.hasOwn(this, key) ? this[key] : null;
  }
  setItem(key: string, value: string): void {
    this[key] = value;
  }
  removeItem(key: string): void {
    delete this[key];
  }
}

const bob: Person = { id: '2222', name: 'Bob' };
const draft = { text: 'the surprise for Bob' };
const hits = { state: 'loading', text: 'surprise' } as const;

let fake: DoorHouse;

beforeEach(async () => {
  vi.stubGlobal('localStorage', new FakeStorage());
  vi.stubGlobal('history', { replaceState: () => {}, pushState: () => {} });
  fake = new DoorHouse();
  attachHouse(fake as unknown as House);
  await enters(ada);
  await leavesTraces();
});
afterEach(() => {
  vi.unstubAllGlobals();
});

/** Comes in through the door. */
async function enters(person: Person): Promise<void> {
  visit.value = 'outside';
  fake.cookie = person;
  expect(await comeInBy(() => fake.become())).toBeUndefined();
  // The house tells who one is, as a connection does.
  you.value = person;
}

/** What one person wrote and did here. */
async function leavesTraces(): Promise<void> {
  receiveRooms([listed('1024'), listed('secret')]);
  timelineOf('1024');
  await saveDraft('1024', draft);
  const file = { key: 'a', place: '1024', name: 'plan.txt', alt: '', bytes: new Blob(['tea']) };
  await files.keep(file);
  attachedTo('1024').value = [
    { key: 'a', name: 'plan.txt', bytes: 3, sent: 0, kind: '', alt: '', state: 'coming' },
  ];
  keepSearch('surprise');
  noteUse('🎁');
  found.value = hits;
  changeSettings({ theme: 'dark' });
}

/** What is there of it: what was written, and what was seen. */
async function traces() {
  return {
    draft: await readDraft('1024'),
    drafted: [...drafted.peek().keys()],
    files: (await files.keptIn('1024')).length,
    attached: attachedTo('1024').peek().length,
    searched: searched.peek(),
    used: used(),
  };
}

const everything = {
  draft,
  drafted: ['1024'],
  files: 1,
  attached: 1,
  searched: ['surprise'],
  used: ['🎁'],
};
const nothing = {
  draft: undefined,
  drafted: [],
  files: 0,
  attached: 0,
  searched: [],
  used: [],
};

/** The sign-in ended, and not by them: they stand outside. */
async function turnsOut(): Promise<void> {
  fake.cookie = fake.you = fake.before = undefined;
  await returnInside();
  expect(visit.peek()).toBe('outside');
}

test('who signs out is outside, and forgotten', async () => {
  await leaveHouse();
  expect(fake.asked).toContain('POST v1/signout');
  expect([visit.value, you.value, whose.value]).toEqual(['outside', undefined, undefined]);
  expect(await traces()).toEqual(nothing);
  expect([rooms.value, knownTimelines(), found.value.state]).toEqual([undefined, [], 'blank']);
  expect(Object.keys(localStorage)).toEqual(['teahouse.settings']);
});

test.each(['unreachable', 'store_down', 'rate'])(
  'who is not told that the sign-in ended is still inside, and keeps everything: %s',
  async (code) => {
    fake.refusal = code;
    await expect(leaveHouse()).rejects.toMatchObject({ code });
    expect([visit.value, you.value]).toEqual(['inside', ada]);
    expect(await traces()).toEqual(everything);
    // The next try may be answered.
    fake.refusal = undefined;
    await leaveHouse();
    expect(visit.value).toBe('outside');
  },
);

test('what was searched does not stay in the address', async () => {
  go({ screen: 'search', q: 'surprise' });
  await leaveHouse();
  expect(route.value).toMatchObject({ screen: 'room' });
});

test('whose sign-in ended finds what they had begun, and not the rooms as they were', async () => {
  await turnsOut();
  await enters(ada);
  expect(await traces()).toEqual(everything);
  expect([rooms.value, knownTimelines()]).toEqual([undefined, []]);
});

test('a guest whose sign-in ended comes in again by the same name as another', async () => {
  await turnsOut();
  fake.cookie = { ...ada, id: '3333' };
  await comeIn('Ada');
  expect(await traces()).toEqual(everything);
  expect(whose.value?.id).toBe('3333');
  expect(knownTimelines()).toEqual([]);
});

test('a guest is nobody of an account with the same name', async () => {
  await enters({ ...lin, name: 'Ada' });
  expect(await traces()).toEqual(nothing);
});

test.each([
  ['outside', 'by a name', () => comeIn('Bob')],
  ['inside', 'by a code', () => comeInBy(() => fake.become())],
] as const)('somebody else finds nothing: %s, %s', async (where, _how, come) => {
  await turnsOut();
  visit.value = where;
  fake.cookie = bob;
  expect(await come()).toBeUndefined();
  expect([visit.value, whose.value?.id]).toEqual(['inside', bob.id]);
  expect(await traces()).toEqual(nothing);
  expect([rooms.value, knownTimelines(), found.value.state]).toEqual([undefined, [], 'blank']);
  expect(Object.keys(localStorage).sort()).toEqual(['teahouse.settings', 'teahouse.whose']);
});

test('somebody else finds nothing: by another house, back with a cookie', async () => {
  await turnsOut();
  fake.cookie = bob;
  await startVisit();
  expect(visit.value).toBe('inside');
  expect(await traces()).toEqual(nothing);
});

test('who comes back with a cookie finds what they had begun', async () => {
  await turnsOut();
  fake.cookie = ada;
  await startVisit();
  expect(await traces()).toEqual(everything);
});

test('for whom it is kept is known after a reload', async () => {
  vi.resetModules();
  const { isFor } = await import('../src/storage/whose.ts');
  expect([isFor(ada), isFor(bob)]).toEqual([true, false]);
});

test('a page begins anew when somebody else came in in another tab', async () => {
  const reload = vi.fn();
  vi.stubGlobal('location', { reload });
  watchOwner();
  // The same guest, with a new name, and by the same name as another.
  you.value = { ...ada, name: 'Ada L.' };
  expect(whose.value?.name).toBe('Ada L.');
  whose.value = { id: '3333', name: 'Ada L.' };
  expect(reload).not.toHaveBeenCalled();
  whose.value = bob;
  expect(reload).toHaveBeenCalledOnce();
});

test('a list of rooms that was asked for by somebody else is dropped', async () => {
  remember(ada);
  const asked = refreshRooms();
  fake.you = bob;
  remember(bob);
  rooms.value = undefined;
  await asked;
  expect(rooms.value).toBeUndefined();
});
