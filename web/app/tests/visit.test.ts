import { type House, TeahouseError } from '@teahouse/sdk';
import type { HouseView } from '@teahouse/sdk/api';
import { beforeEach, expect, test } from 'vitest';
import { comeIn, doorway, signIn } from '../src/door/coming.ts';
import { sha256, zeroBits } from '../src/door/work.ts';
import { attachHouse } from '../src/state/house.ts';
import { turnedOut, visit } from '../src/state/visit.ts';
import { ada } from './fakes.ts';

const open: HouseView = { name: '茶馆', admission: 'open', setup: false };

/** A house whose door refuses what a test says, one code after the other. */
class FakeHouse {
  state = 'idle';
  refusals: string[] = [];
  view = open;
  readonly became: [string, unknown][] = [];

  on(): () => void {
    return () => {};
  }

  async become(path: string, body: unknown): Promise<unknown> {
    this.became.push([path, body]);
    const code = this.refusals.shift();
    if (code !== undefined) throw new TeahouseError({ code, message: 'No.' });
    return ada;
  }

  async known(): Promise<unknown> {
    return { you: ada };
  }

  async enter(): Promise<unknown> {
    return ada;
  }

  async request(): Promise<unknown> {
    return this.view;
  }
}

let fake: FakeHouse;

beforeEach(() => {
  fake = new FakeHouse();
  attachHouse(fake as unknown as House);
  visit.value = 'outside';
  doorway.value = open;
});

test('a guest comes in with a name, an invite and an answer', async () => {
  expect(await comeIn(' Ada ', { invite: 'CODE', answer: '龙井' })).toBeUndefined();
  expect(fake.became).toEqual([['v1/guests', { name: 'Ada', invite: 'CODE', answer: '龙井' }]]);
  expect(visit.value).toBe('inside');
  expect(turnedOut.value).toBeUndefined();
});

test.each([
  ['name_taken', 'taken'],
  ['bad_name', 'bad'],
  ['forbidden', 'closed'],
  ['question', 'question'],
  ['banned', 'banned'],
  ['rate', 'slow'],
  ['unreachable', 'unreachable'],
  ['internal', 'busy'],
] as const)('%s is said as %s, and one stays outside', async (code, why) => {
  fake.refusals = [code];
  expect(await comeIn('Ada')).toBe(why);
  expect(visit.value).toBe('outside');
});

test('nothing is asked for a name or a password that cannot be', async () => {
  expect(await comeIn(' ')).toBe('empty');
  expect(await comeIn('Ada', { password: 'short' })).toBe('short-password');
  expect(await signIn('Ada', '')).toBe('empty-password');
  expect(fake.became).toEqual([]);
});

test('a question that is new is read from the door', async () => {
  fake.refusals = ['question'];
  fake.view = { ...open, question: 'Which tea?' };
  await comeIn('Ada');
  expect(doorway.value?.question).toBe('Which tea?');
});

test('the proof of work is found, and made again for a task that was too old', async () => {
  fake.refusals = ['work'];
  doorway.value = { ...open, work: { salt: 'old', bits: 4 } };
  fake.view = { ...open, work: { salt: 'new', bits: 8 } };
  expect(await comeIn('Ada')).toBeUndefined();
  const proofs = fake.became.map(([, body]) => (body as { work: Proof }).work);
  expect(proofs.map(({ salt }) => salt)).toEqual(['old', 'new']);
  const [, proof] = proofs;
  expect(zeroBits(sha256(`new:${proof?.nonce}`))).toBeGreaterThanOrEqual(8);
});

interface Proof {
  salt: string;
  nonce: string;
}

test.each([
  ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  [
    'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
    '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
  ],
])('SHA-256 of %j', (text, digest) => {
  const words = [...sha256(text)].map((word) => word.toString(16).padStart(8, '0'));
  expect(words.join('')).toBe(digest);
});
