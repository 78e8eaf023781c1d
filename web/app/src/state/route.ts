// Addresses and screens. Every screen is an address, so back always undoes the last opening.
import { effect, signal } from '@preact/signals';

export const mainRoom = '1024';

/** What stands beside a room, or over it: its people, its pins, a message with all its replies, what was searched. */
export type Panel = 'people' | 'pins' | 'you' | { replies: number } | { search: string };

export type Route =
  | { screen: 'room'; room: string; signIn: boolean; panel?: Panel; at?: number }
  /** `all`: on a phone, where the list of one's own rooms is the home screen. */
  | { screen: 'rooms'; all: boolean }
  /** For you: what was said to oneself. Beside a room it is the panel. */
  | { screen: 'you' }
  /** What is searched, filters and all. Beside a room it is the panel. */
  | { screen: 'search'; q: string }
  | { screen: 'lab' }
  | { screen: 'setup'; token: string }
  | { screen: 'invite'; code: string }
  /** Signing in on another device, or with a new password. */
  | { screen: 'code'; code: string }
  | { screen: 'reset'; code: string }
  | { screen: 'settings'; page: string }
  | { screen: 'admin'; page: string }
  | { screen: 'room-settings'; room: string; page: string }
  | { screen: 'missing' };

const roomPattern = /^[a-z0-9_-]{1,32}$/;

/** Reads an address. Total: an address that is none of ours is `missing`. */
export function parseRoute(url: URL): Route {
  const [first, second = '', third, fourth, ...rest] = url.pathname
    .split('/')
    .filter((part) => part !== '')
    .map(decodeURIComponentSafe);
  const missing: Route = { screen: 'missing' };
  if (rest.length > 0) return missing;
  if (first === undefined) return ofRoom(mainRoom, url);
  if (first === 'r' && roomPattern.test(second)) {
    if (third === undefined) return ofRoom(second, url);
    const page = fourth ?? '';
    return third === 'settings' ? { screen: 'room-settings', room: second, page } : missing;
  }
  if (third !== undefined) return missing;
  if (first === 'settings' || first === 'admin') return { screen: first, page: second };
  if (first === 'i' && second !== '') return { screen: 'invite', code: second };
  if (second !== '') return missing;
  if (first === 'rooms') return { screen: 'rooms', all: url.searchParams.has('all') };
  if (first === 'search') return { screen: 'search', q: url.searchParams.get('q') ?? '' };
  if (first === 'you') return { screen: 'you' };
  if (first === 'lab') return { screen: 'lab' };
  const secret = decodeURIComponentSafe(url.hash.slice(1));
  if (first === 'setup') return { screen: 'setup', token: secret };
  if (first === 'signin') return { screen: 'code', code: secret };
  return first === 'reset' ? { screen: 'reset', code: secret } : missing;
}

function ofRoom(room: string, url: URL): Route {
  const asked = url.searchParams;
  const at = Number(asked.get('at'));
  const q = asked.get('search');
  const beside = asked.has('people') ? 'people' : panelOf(url.hash);
  const panel = q === null ? beside : { search: q };
  return {
    screen: 'room',
    room,
    signIn: asked.has('signin'),
    ...(panel !== undefined && { panel }),
    ...(isSeq(at) && { at }),
  };
}

function panelOf(hash: string): Panel | undefined {
  const replies = Number(/^#replies-(\d+)$/.exec(hash)?.[1]);
  if (isSeq(replies)) return { replies };
  return hash === '#pins' ? 'pins' : hash === '#you' ? 'you' : undefined;
}

function isSeq(number: number): boolean {
  return Number.isSafeInteger(number) && number > 0;
}

/** The address of a screen: `parseRoute` of it is the same screen. */
export function addressOf(to: Route): string {
  const part = encodeURIComponent;
  switch (to.screen) {
    case 'rooms':
      return to.all ? '/rooms?all' : '/rooms';
    case 'search':
      return to.q === '' ? '/search' : `/search?q=${part(to.q)}`;
    case 'you':
      return '/you';
    case 'lab':
      return '/lab';
    case 'setup':
      return `/setup#${part(to.token)}`;
    case 'code':
      return `/signin#${part(to.code)}`;
    case 'reset':
      return `/reset#${part(to.code)}`;
    case 'invite':
      return `/i/${part(to.code)}`;
    case 'settings':
    case 'admin':
      return to.page === '' ? `/${to.screen}` : `/${to.screen}/${part(to.page)}`;
    case 'room-settings':
      return `/r/${to.room}/settings${to.page === '' ? '' : `/${part(to.page)}`}`;
    case 'room':
      return `/r/${to.room}${queryOf(to)}${hashOf(to.panel)}`;
    case 'missing':
      return '/';
  }
}

function queryOf({ signIn, panel, at }: Extract<Route, { screen: 'room' }>): string {
  if (signIn) return '?signin';
  if (panel === 'people') return '?people';
  const asked = new URLSearchParams();
  if (at !== undefined) asked.set('at', String(at));
  if (typeof panel === 'object' && 'search' in panel) asked.set('search', panel.search);
  return asked.size === 0 ? '' : `?${asked}`;
}

function hashOf(panel: Panel | undefined): string {
  if (typeof panel === 'object' && 'replies' in panel) return `#replies-${panel.replies}`;
  return panel === 'pins' || panel === 'you' ? `#${panel}` : '';
}

export const route = signal<Route>({ screen: 'room', room: mainRoom, signIn: false });

/** The room that was open last: what stands beside the list of rooms. */
export const lastRoom = signal(mainRoom);

effect(() => {
  const to = route.value;
  if (to.screen === 'room' || to.screen === 'room-settings') lastRoom.value = to.room;
});

/** A room's plain screen. */
export function roomRoute(room: string): Route {
  return { screen: 'room', room, signIn: false };
}

/** Goes to a screen; `replace` when back should not return to the present one. */
export function go(to: Route, replace = false): void {
  const address = addressOf(to);
  // What is replaced may be the first screen: behind it is somebody else's page.
  if (replace) history.replaceState(history.state, '', address);
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
