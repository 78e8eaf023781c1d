import { type House, TeahouseError } from '@teahouse/sdk';
import { beforeEach, expect, test } from 'vitest';
import { attachHouse, you } from '../src/state/house.ts';
import { leaveHouse } from '../src/state/leaving.ts';
import { visit } from '../src/state/visit.ts';
import { ada } from './fakes.ts';

/** A house that ends sign-ins, or refuses to. */
class FakeHouse {
  state = 'live';
  refusal: string | undefined;
  you: typeof ada | undefined = ada;
  readonly asked: string[] = [];

  on(): () => void {
    return () => {};
  }

  async request(method: string, path: string): Promise<unknown> {
    this.asked.push(`${method} ${path}`);
    if (this.refusal !== undefined) throw new TeahouseError({ code: this.refusal, message: 'No.' });
    return {};
  }

  async leave(): Promise<void> {
    this.you = undefined;
  }
}

let fake: FakeHouse;

beforeEach(() => {
  fake = new FakeHouse();
  attachHouse(fake as unknown as House);
  visit.value = 'inside';
});

test('who signs out is outside, and forgotten', async () => {
  await leaveHouse();
  expect(fake.asked).toEqual(['POST v1/signout']);
  expect([visit.value, you.value]).toEqual(['outside', undefined]);
});

test.each(['unreachable', 'store_down', 'rate'])(
  'who is not told that the sign-in ended is still inside, and keeps everything: %s',
  async (code) => {
    fake.refusal = code;
    await expect(leaveHouse()).rejects.toMatchObject({ code });
    expect([visit.value, you.value]).toEqual(['inside', ada]);
    // The next try may be answered.
    fake.refusal = undefined;
    await leaveHouse();
    expect(visit.value).toBe('outside');
  },
);
