// A timed mute ends by itself: the list of rooms is asked then.
import type { House } from '@teahouse/sdk';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { attachHouse } from '../src/state/house.ts';
import { askWhenOver } from '../src/state/mute.ts';
import { FakeHouse, noon, roomView } from './fakes.ts';

let asked: number;
let detach: () => void;

beforeEach(() => {
  vi.useFakeTimers({ now: noon });
  asked = 0;
  const request = async () => {
    asked += 1;
    throw new Error('The house did not answer.');
  };
  detach = attachHouse(Object.assign(new FakeHouse(), { request }) as unknown as House);
});
afterEach(() => {
  detach();
  vi.useRealTimers();
});

const mutedUntil = (until: number | null) => roomView('tea', 'tea', { silenced_until: until });

test('the list is asked when the mute is over, not before, and once', async () => {
  askWhenOver(mutedUntil(noon + 600_000));
  await vi.advanceTimersByTimeAsync(599_999);
  expect(asked).toBe(0);
  await vi.advanceTimersByTimeAsync(1);
  expect(asked).toBe(1);
  await vi.advanceTimersByTimeAsync(600_000);
  expect(asked).toBe(1);
});

test('a house whose clock is behind is asked again in a while', async () => {
  askWhenOver(mutedUntil(noon - 1000));
  await vi.advanceTimersByTimeAsync(4999);
  expect(asked).toBe(0);
  await vi.advanceTimersByTimeAsync(1);
  expect(asked).toBe(1);
});

test('a mute for longer than timers are is not over at once', async () => {
  const end = askWhenOver(mutedUntil(noon + 30 * 86_400_000));
  await vi.advanceTimersByTimeAsync(20 * 86_400_000);
  expect(asked).toBe(0);
  end?.();
});

test('nobody is asked about who left, or is not muted', async () => {
  askWhenOver(mutedUntil(noon + 1000))?.();
  expect(askWhenOver(mutedUntil(null))).toBeUndefined();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(asked).toBe(0);
});
