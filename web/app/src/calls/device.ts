// This device: whether it shows notifications, how, and which sounds it makes. It begins when the room is there.
import { effect, signal } from '@preact/signals';
import * as api from '@teahouse/sdk/api';
import { callsChanged, house, you } from '../state/house.ts';
import { tell as inPage } from '../state/overlay.ts';
import { addressFor, listedRoom, nameOf, rooms, saidToYou } from '../state/rooms.ts';
import { changeSettings, settings } from '../state/settings.ts';
import { visit } from '../state/visit.ts';
import { plainOf } from '../text/plain.ts';
import { cup, tap } from './sounds.ts';
import { forgetCalls, isOnScreen } from './state.ts';
import { watchUpdate } from './UpdateChip.tsx';
import { callWords } from './words.ts';
import { registerWorker, tellWorker } from './worker.ts';

/** `insecure`: not over https. `apple`: only from the home screen. */
export type Can = 'on' | 'off' | 'denied' | 'unsupported' | 'insecure' | 'apple';

export const can = signal<Can>('off');

/** How long others have to read it, as the house waits. */
const patience_ms = 5000;

let begun = false;
let newest: number | undefined;

/** Begins to watch; called once the page has nothing else to do. */
export function watchDevice(): void {
  if (begun) return;
  begun = true;
  void registerWorker().then(look);
  watchUpdate();
  void import('./share/ShareDialog.tsx').then(({ askWhere }) => askWhere()).catch(() => undefined);
  effect(() => badge(saidToYou.value));
  effect(() => {
    // The first answer says what was there before, so that the first call after it is news.
    if (visit.value === 'inside' && callsChanged.value >= 0) void heard();
  });
  const read = new Map<string, number>();
  const counted = new Map<string, number>();
  effect(() => {
    for (const { id, read: seq, n, line } of rooms.value ?? []) {
      if ((read.get(id) ?? seq) < seq) tellWorker({ type: 'read', room: id, seq });
      read.set(id, seq);
      const isNews = (counted.get(id) ?? n) < n && line?.by.id !== you.peek()?.id;
      counted.set(id, n);
      if (isNews && settings.peek().tap === true && isOnScreen(id)) tap();
    }
  });
  effect(() => {
    if (visit.value !== 'outside') return;
    newest = undefined;
    forgetCalls();
    tellWorker({ type: 'forget' });
  });
}

async function look(): Promise<void> {
  can.value = await now();
}

async function now(): Promise<Can> {
  if (!window.isSecureContext) return 'insecure';
  if (!('Notification' in window) || !('serviceWorker' in navigator)) {
    return /iP(?:hone|ad)/.test(navigator.userAgent) ? 'apple' : 'unsupported';
  }
  if (Notification.permission === 'denied') return 'denied';
  return Notification.permission === 'granted' && settings.peek().notify === true ? 'on' : 'off';
}

/** Asks the browser, then the push service; without one, the page tells as long as it is open. */
export async function turnOn(): Promise<void> {
  if ((await Notification.requestPermission()) === 'granted') {
    changeSettings({ notify: true });
    await subscribe().catch(() => undefined);
  }
  await look();
}

async function subscribe(): Promise<void> {
  const worker = await registerWorker();
  if (worker?.pushManager === undefined) return;
  const { key } = await api.pushKey(house());
  await navigator.serviceWorker.ready;
  const made = await worker.pushManager.subscribe({
    userVisibleOnly: true,
    applicationServerKey: bytesOf(key),
  });
  await api.pushTo(house(), made.toJSON() as unknown as api.PushBrowser);
}

function bytesOf(base64url: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64url.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

export async function turnOff(): Promise<void> {
  changeSettings({ notify: false });
  const made = await pushed();
  if (made !== undefined) {
    await api.pushNoMore(house(), made.endpoint).catch(() => undefined);
    await made.unsubscribe().catch(() => undefined);
  }
  await look();
}

async function pushed(): Promise<PushSubscription | undefined> {
  const worker = await registerWorker();
  return (await worker?.pushManager?.getSubscription()) ?? undefined;
}

/** Something calls you, or does no longer. */
async function heard(): Promise<void> {
  const asked = await api.calls(house(), { limit: 1 }).catch(() => undefined);
  const [call] = asked?.calls ?? [];
  const before = newest;
  newest = Math.max(call?.id ?? 0, before ?? 0);
  // What was there when the page began is no news.
  if (call === undefined || call.read || before === undefined || call.id <= before) return;
  if (call.kind === 'reaction' || isOnScreen(call.room)) return;
  const room = listedRoom(call.room);
  if (room?.muted || room?.level === 'nothing' || (await isQuiet())) return;
  if (settings.peek().cup !== false) cup();
  if (settings.peek().captions) caption(call);
  setTimeout(() => void tell(call), patience_ms);
}

/** What sounded, in a line. */
function caption({ kind, by, room }: api.Call): void {
  const listed = listedRoom(room);
  const name = listed === undefined ? '' : nameOf(listed);
  inPage(callWords().kind(kind, by.name, name, ''));
}

/** The house pushes; where no push service is, the page shows it. */
async function tell(call: api.Call): Promise<void> {
  if (can.peek() !== 'on' || isOnScreen(call.room) || (await pushed()) !== undefined) return;
  const room = listedRoom(call.room);
  if ((room?.read ?? 0) >= call.seq) return;
  const { hide_text } = await api.quiet(house());
  const w = callWords();
  const name = room === undefined ? '' : nameOf(room);
  const text = plainOf(call.message?.body.text ?? '', call.message?.body.mentions);
  const worker = await registerWorker();
  await worker?.showNotification(hide_text ? name : w.kind(call.kind, call.by.name, name, ''), {
    body: hide_text ? w.messages(1) : text,
    tag: `room-${call.room}`,
    icon: '/icon-192.png',
    data: { room: addressFor(call.room), seq: call.seq },
  });
}

async function isQuiet(): Promise<boolean> {
  const wish = await api.quiet(house()).catch(() => undefined);
  if (wish === undefined) return false;
  if ((wish.paused_until ?? 0) > Date.now()) return true;
  if (wish.quiet === null) return false;
  const { from, to, zone } = wish.quiet;
  const time = new Intl.DateTimeFormat('en-GB', { timeZone: zone, timeStyle: 'short' }).format();
  return from <= to ? time >= from && time < to : time >= from || time < to;
}

/** The dot on the page's icon, and the number on the app's. */
function badge(count: number): void {
  const link = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
  if (link !== null) link.href = count > 0 ? '/favicon-dot.svg' : '/favicon.svg';
  const app = navigator as { setAppBadge?: (count: number) => Promise<void> };
  app.setAppBadge?.(count).catch(() => undefined);
}
