// Addresses and screens. Every screen is an address, so back always undoes the last opening.
import { signal } from '@preact/signals';

export const mainRoom = '1024';

export type Route =
  | { screen: 'room'; room: string; signIn: boolean; people: boolean }
  | { screen: 'rooms' }
  | { screen: 'lab' }
  | { screen: 'setup'; token: string }
  | { screen: 'missing' };

const roomPattern = /^[a-z0-9_-]{1,32}$/;

/** Reads an address. Total: an address that is none of ours is `missing`. */
export function parseRoute(url: URL): Route {
  const parts = url.pathname.split('/').filter((part) => part !== '');
  const flags = { signIn: url.searchParams.has('signin'), people: url.searchParams.has('people') };
  if (parts.length === 0) return { screen: 'room', room: mainRoom, ...flags };
  if (parts.length === 1 && parts[0] === 'rooms') return { screen: 'rooms' };
  if (parts.length === 1 && parts[0] === 'lab') return { screen: 'lab' };
  if (parts.length === 1 && parts[0] === 'setup')
    return { screen: 'setup', token: decodeURIComponentSafe(url.hash.slice(1)) };
  const room = parts[1] ?? '';
  if (parts.length === 2 && parts[0] === 'r' && roomPattern.test(room))
    return { screen: 'room', room, ...flags };
  return { screen: 'missing' };
}

/** The address of a screen: `parseRoute` of it is the same screen. */
export function addressOf(to: Route): string {
  if (to.screen === 'rooms') return '/rooms';
  if (to.screen === 'lab') return '/lab';
  if (to.screen === 'setup') return `/setup#${encodeURIComponent(to.token)}`;
  if (to.screen === 'missing') return '/';
  const flag = to.signIn ? '?signin' : to.people ? '?people' : '';
  return `/r/${to.room}${flag}`;
}

export const route = signal<Route>({
  screen: 'room',
  room: mainRoom,
  signIn: false,
  people: false,
});

/** A room's plain screen. */
export function roomRoute(room: string): Route {
  return { screen: 'room', room, signIn: false, people: false };
}

/** Goes to a screen; `replace` when back should not return to the present one. */
export function go(to: Route, replace = false): void {
  const address = addressOf(to);
  if (replace) history.replaceState({ ours: true }, '', address);
  else history.pushState({ ours: true }, '', address);
  route.value = to;
}

/** Back to where one came from, or to a screen if one came from outside. */
export function goBack(otherwise: Route): void {
  const state: unknown = history.state;
  const ours = typeof state === 'object' && state !== null && 'ours' in state;
  if (ours) history.back();
  else go(otherwise, true);
}

/** Follows the address bar; called once by the page. */
export function watchAddress(): void {
  const read = () => {
    route.value = parseRoute(new URL(location.href));
  };
  read();
  window.addEventListener('popstate', read);
  window.addEventListener('hashchange', read);
}

/** For links of our own: plain presses stay in the page, all others are the browser's. */
export function followLink(event: MouseEvent, to: Route): void {
  if (event.defaultPrevented || event.button !== 0) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  go(to);
}

function decodeURIComponentSafe(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
