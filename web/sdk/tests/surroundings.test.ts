import { afterEach, expect, test, vi } from 'vitest';
import { browser } from '../src/surroundings.js';
import { tabPlatform } from '../src/tabs.js';

afterEach(() => vi.unstubAllGlobals());

/** A page as far as it is looked at. */
function page() {
  const document = Object.assign(new EventTarget(), { visibilityState: 'visible' });
  const window = new EventTarget();
  const navigator = { onLine: true, locks: { request: vi.fn() } };
  vi.stubGlobal('document', document);
  vi.stubGlobal('window', window);
  vi.stubGlobal('navigator', navigator);
  return { document, window, navigator };
}

test('outside of a page nothing changes, and there are no tabs', () => {
  const stop = browser.watch(() => expect.unreachable());
  expect([browser.hidden(), browser.online()]).toEqual([false, true]);
  expect(tabPlatform()).toEqual({ locks: undefined, channel: undefined });
  stop();
});

test('a page says whether it is hidden and online', () => {
  const { document, navigator } = page();
  expect([browser.hidden(), browser.online()]).toEqual([false, true]);
  document.visibilityState = 'hidden';
  navigator.onLine = false;
  expect([browser.hidden(), browser.online()]).toEqual([true, false]);
});

test('a page tells its changes until it is not watched any more', () => {
  const { document, window } = page();
  const told: string[] = [];
  const stop = browser.watch((change) => told.push(change));
  document.dispatchEvent(new Event('visibilitychange'));
  for (const type of ['pageshow', 'online', 'offline']) window.dispatchEvent(new Event(type));
  expect(told).toEqual(['seen', 'seen', 'online', 'offline']);
  stop();
  document.dispatchEvent(new Event('visibilitychange'));
  window.dispatchEvent(new Event('online'));
  expect(told).toHaveLength(4);
});

test('a page has tabs where the platform has what they need', () => {
  const { navigator } = page();
  const { locks, channel } = tabPlatform();
  expect(locks).toBe(navigator.locks);
  const tab = channel?.('teahouse:test');
  expect(tab).toBeInstanceOf(BroadcastChannel);
  tab?.close();
  vi.stubGlobal('BroadcastChannel', undefined);
  expect(tabPlatform().channel).toBeUndefined();
});
