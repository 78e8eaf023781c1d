// The service worker: the shell from the device, and notifications of what was pushed. It
// keeps no message and answers nothing of the house: whatever begins with /v1/ goes its own way. What another app
// shares is kept until the page has asked where it goes.

/** Written by the build: the files of this version, and their hash. */
declare const FILES: readonly string[];
declare const VERSION: string;

const scope = self as unknown as ServiceWorkerGlobalScope;
const shell = `shell-${VERSION}`;
/** What another app shared, as `src/calls/share/shared.ts` names it. */
const shared = 'shared';
/** Screens of the house that are not the app's. */
const notOurs = /^\/(?:v1|static|index|echo|chat|healthz|readyz|licenses\.txt)(?:\/|$)/;

/** How long a page has to say whether a room is on its screen. */
const answer_ms = 2000;

/** What a push says: `docs/api.md`. */
interface Word {
  kind: 'call' | 'test';
  house: string;
  room?: string;
  name?: string;
  direct?: boolean;
  count?: number;
  seq?: number;
  by?: { name: string };
  text?: string;
}

scope.addEventListener('install', (event) => {
  // Only what has its hash in its name may come from the browser's own cache.
  const requests = FILES.map(
    (file) => new Request(file, { cache: file.startsWith('/assets/') ? 'default' : 'reload' }),
  );
  event.waitUntil(caches.open(shell).then((cache) => cache.addAll(requests)));
});

scope.addEventListener('activate', (event) => {
  event.waitUntil(
    (async () => {
      // A tab that was not asked yet still needs the files of the version before.
      const old = (await caches.keys()).filter((key) => key !== shell && key.startsWith('shell-'));
      await Promise.all(old.slice(0, -1).map((key) => caches.delete(key)));
      await scope.clients.claim();
    })(),
  );
});

scope.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== scope.location.origin || notOurs.test(url.pathname)) return;
  if (request.method === 'POST' && url.pathname === '/share') event.respondWith(share(request));
  if (request.method !== 'GET') return;
  event.respondWith(request.mode === 'navigate' ? page() : file(request));
});

/** Every screen is the same page. */
async function page(): Promise<Response> {
  const kept = await (await caches.open(shell)).match('/');
  return kept ?? fetch('/');
}

/** Another app shares something: it waits here until the page has asked where it goes. */
async function share(request: Request): Promise<Response> {
  const form = await request.formData();
  const said = ['title', 'text', 'url'].map((name) => String(form.get(name) ?? '').trim());
  // Most put the address into the text as well.
  const text = said.filter((part, at) => part !== '' && said.indexOf(part) === at).join('\n');
  await caches.delete(shared);
  const cache = await caches.open(shared);
  await cache.put('/share/text', new Response(text));
  for (const [at, file] of form.getAll('files').entries()) {
    if (typeof file === 'string') continue;
    const headers = { 'content-type': file.type, 'x-name': encodeURIComponent(file.name) };
    await cache.put(`/share/file/${at}`, new Response(file, { headers }));
  }
  return Response.redirect('/', 303);
}

async function file(request: Request): Promise<Response> {
  const kept = await (await caches.open(shell)).match(request, { ignoreVary: true });
  return kept ?? (await caches.match(request, { ignoreVary: true })) ?? fetch(request);
}

scope.addEventListener('push', (event) => {
  const word = event.data?.json() as Word | undefined;
  if (word === undefined) return;
  const asked = isRead(word.room);
  event.waitUntil(inTurn(async () => ((await asked) ? undefined : show(word))));
});

let last: Promise<unknown> = Promise.resolve();

/**
 * What is done with notifications is done in the order in which it was heard, one at a time: what is older never
 * replaces what is newer. Besides, Chromium forgets a notification when it is asked for all of them while it begins
 * to show that one.
 */
function inTurn<T>(act: () => Promise<T>): Promise<T> {
  const done = last.then(act);
  last = done.catch(() => undefined);
  return done;
}

/** One notification a room, replaced and counted. Who reads the room on this device now is not told again. */
async function show(word: Word): Promise<void> {
  const zh = scope.navigator.language.startsWith('zh');
  if (word.kind === 'test') {
    const body = zh ? '通知可以用了。' : 'Notifications work.';
    return scope.registration.showNotification(word.house, {
      body,
      icon: '/icon-192.png',
      tag: 'test',
    });
  }
  const { room = '' } = word;
  const tag = `room-${room}`;
  const [shown] = await scope.registration.getNotifications({ tag });
  if (shown !== undefined && seqOf(shown) >= (word.seq ?? 0)) return;
  const count = word.count ?? 1;
  const more = zh ? `${count} 条新消息` : count === 1 ? '1 new message' : `${count} new messages`;
  const where = word.direct || !word.name ? word.house : word.name;
  const by = word.by?.name;
  const title = by === undefined ? where : word.direct ? by : `${by} · ${where}`;
  const body = word.text === undefined ? more : count > 1 ? `${word.text}\n${more}` : word.text;
  await scope.registration.showNotification(title, {
    body,
    tag,
    icon: '/icon-192.png',
    badge: '/icon-192.png',
    data: { room, seq: word.seq },
    // Not in every browser's types.
    ...{ renotify: true, timestamp: Date.now() },
  });
}

/** A page of this device has the room before somebody's eyes. */
async function isRead(room: string | undefined): Promise<boolean> {
  if (room === undefined) return false;
  const pages = await scope.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const asked = pages
    .filter(({ visibilityState }) => visibilityState === 'visible')
    .map((page) => looks(page, room));
  return (await Promise.all(asked)).includes(true);
}

/** A page that does not answer is not looked at. */
function looks(page: Client, room: string): Promise<boolean> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => resolve(data === true);
    setTimeout(() => resolve(false), answer_ms);
    page.postMessage({ type: 'looks', room }, [port2]);
  });
}

function seqOf(shown: Notification): number {
  return Number((shown.data as { seq?: number } | null)?.seq ?? 0);
}

scope.addEventListener('notificationclick', (event) => {
  event.notification.close();
  const { room, seq } = (event.notification.data ?? {}) as { room?: string; seq?: number };
  event.waitUntil(open(room === undefined ? '/you' : `/r/${room}?at=${seq}`));
});

/** A page that is open is brought forward and goes there by itself. */
async function open(address: string): Promise<void> {
  const [page] = await scope.clients.matchAll({ type: 'window', includeUncontrolled: true });
  if (page === undefined) {
    await scope.clients.openWindow(address);
    return;
  }
  await page.focus().catch(() => undefined);
  page.postMessage({ type: 'go', address });
}

scope.addEventListener('message', (event) => {
  const said = event.data as { type?: string; room?: string; seq?: number } | null;
  // The page asked the person.
  if (said?.type === 'take-over') event.waitUntil(scope.skipWaiting());
  if (said?.type === 'claim') event.waitUntil(scope.clients.claim());
  // Read here or elsewhere: the notification has done its work.
  if (said?.type === 'read') {
    event.waitUntil(inTurn(() => close(`room-${said.room}`, said.seq)));
  }
  if (said?.type === 'forget') event.waitUntil(inTurn(forget));
});

/** Up to that number: what came after it was not read by then. */
async function close(tag: string, read = Infinity): Promise<void> {
  for (const shown of await scope.registration.getNotifications({ tag }))
    if (seqOf(shown) <= read) shown.close();
}

/** Somebody signs out: nothing of theirs stays. */
async function forget(): Promise<void> {
  await caches.delete(shared);
  for (const shown of await scope.registration.getNotifications()) shown.close();
}
