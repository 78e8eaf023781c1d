import { effect } from '@preact/signals';
import type { House, TransportName } from '@teahouse/sdk';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { now } from '../src/state/clock.ts';
import {
  attachHouse,
  back,
  banner,
  carriedSince,
  connection,
  endingOf,
  isSteppedDown,
  lostAt,
  retryAt,
  transport,
  wire,
} from '../src/state/house.ts';
import { changeSettings } from '../src/state/settings.ts';

let stop: () => void;

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  now.value = 1_000_000;
  connection.value = 'live';
  lostAt.value = undefined;
  retryAt.value = undefined;
  back.value = undefined;
  transport.value = 'websocket';
  // Somebody looks: the clock ticks.
  stop = effect(() => void [banner.value, wire.value]);
});
afterEach(() => {
  stop();
  vi.useRealTimers();
});

function lose(): void {
  connection.value = 'reconnecting';
  lostAt.value = Date.now();
  retryAt.value = Date.now() + 6000;
}

test('a blip under two seconds is not news', () => {
  lose();
  vi.advanceTimersByTime(1750);
  expect(banner.value).toBeUndefined();
  expect(wire.value).toBe('live');
  connection.value = 'live';
  lostAt.value = undefined;
  vi.advanceTimersByTime(5000);
  expect(banner.value).toBeUndefined();
});

test('what never was live is not called so', () => {
  transport.value = undefined;
  lose();
  expect(wire.value).toBe('connecting');
});

test('after two seconds the banner counts down, then tries', () => {
  lose();
  vi.advanceTimersByTime(2000);
  expect(banner.value).toEqual({ kind: 'lost', seconds: 4 });
  expect(wire.value).toBe('reconnecting');
  vi.advanceTimersByTime(3000);
  expect(banner.value).toEqual({ kind: 'lost', seconds: 1 });
  vi.advanceTimersByTime(1000);
  expect(banner.value).toEqual({ kind: 'lost', seconds: undefined });
});

test('offline is said as offline', () => {
  lose();
  connection.value = 'offline';
  vi.advanceTimersByTime(2000);
  expect(banner.value).toEqual({ kind: 'offline' });
  expect(wire.value).toBe('offline');
});

test('coming in for the first time has no banner', () => {
  connection.value = 'connecting';
  vi.advanceTimersByTime(10_000);
  expect(banner.value).toBeUndefined();
  expect(wire.value).toBe('connecting');
});

test('back is said for a while', () => {
  back.value = { arrived: 6, until: Date.now() + 6000 };
  expect(banner.value).toEqual({ kind: 'back', arrived: 6 });
  vi.advanceTimersByTime(6250);
  expect(banner.value).toBeUndefined();
});

test('each end has its dialog', () => {
  expect([4003, 4401, 4410, 4426, 4400, 4403, 4999].map((code) => endingOf(code))).toEqual([
    'replaced',
    'signed-out',
    'signed-out',
    'version',
    'other',
    'other',
    'other',
  ]);
});

test('who was banned hears that', () => {
  expect(endingOf(4403, 'banned')).toBe('banned');
});

/** Only what the state reads of a house. */
class FakeHouse {
  state = 'live';
  transport: TransportName | undefined = 'websocket';
  delay_ms = 12;
  readonly #listeners: (() => void)[] = [];

  on(type: string, f: () => void): () => void {
    if (type === 'state' || type === 'transport') this.#listeners.push(f);
    return () => {};
  }

  change(part: Partial<Pick<FakeHouse, 'state' | 'transport'>>): void {
    Object.assign(this, part);
    for (const f of this.#listeners) f();
  }
}

test('what carries the frames stays on show through a blip, and its time begins anew after it', () => {
  const fake = new FakeHouse();
  connection.value = 'connecting';
  const detach = attachHouse(fake as unknown as House);
  expect([transport.value, carriedSince.value]).toEqual(['websocket', Date.now()]);
  const began = Date.now();
  vi.advanceTimersByTime(5_000);
  fake.change({ state: 'live' });
  expect(carriedSince.value).toBe(began);
  fake.change({ state: 'reconnecting', transport: undefined });
  expect(transport.value).toBe('websocket');
  fake.change({ state: 'live', transport: 'websocket' });
  expect(carriedSince.value).toBe(Date.now());
  vi.advanceTimersByTime(5_000);
  fake.change({ transport: 'stream' });
  expect([transport.value, carriedSince.value]).toEqual(['stream', Date.now()]);
  detach();
});

test('something less than a WebSocket is a step down, unless it was asked for', () => {
  transport.value = 'websocket';
  expect(isSteppedDown.value).toBe(false);
  transport.value = 'long_poll';
  expect(isSteppedDown.value).toBe(true);
  changeSettings({ transport: 'long_poll' });
  expect(isSteppedDown.value).toBe(false);
  changeSettings({ transport: 'auto' });
  transport.value = undefined;
  expect(isSteppedDown.value).toBe(false);
});
