// The service worker as the page has it: registered when the room is there, asked before it takes over, told what was
// read. Trusted types let its address through and nothing else.
import { effect, signal } from '@preact/signals';
import { connection } from '../state/house.ts';
import { go, parseRoute } from '../state/route.ts';
import { isOnScreen } from './state.ts';

const address = '/worker.js';

/** A newer version waits for a press. */
export const updateReady = signal(false);

/** How long a page that stays open does not ask whether there is a newer version. */
const look_ms = 60 * 60 * 1000;
/** On a line that breaks often it is not asked each time. */
const rest_ms = 60 * 1000;

let registering: Promise<ServiceWorkerRegistration> | undefined;
let registered: ServiceWorkerRegistration | undefined;

interface Policy {
  createScriptURL(url: string): string;
}

interface Policies {
  createPolicy(name: string, rules: Policy): Policy;
}

let policy: Policy | undefined;

/** The one address that may become a script. The policy can be made once. */
function trusted(): string {
  const { trustedTypes } = window as { trustedTypes?: Policies };
  const createScriptURL = (url: string) => {
    if (url !== address)
      throw new TypeError('The only script that is asked for by name is the worker.');
    return url;
  };
  policy ??= trustedTypes?.createPolicy('worker', { createScriptURL });
  return policy?.createScriptURL(address) ?? address;
}

/** Registers it once; a browser that has none, or a page that is not secure, goes on without. */
export async function registerWorker(): Promise<ServiceWorkerRegistration | undefined> {
  if (!('serviceWorker' in navigator)) return undefined;
  registering ??= register();
  try {
    registered = await registering;
  } catch {
    registering = undefined;
  }
  return registered;
}

async function register(): Promise<ServiceWorkerRegistration> {
  const made = await navigator.serviceWorker.register(trusted());
  watchUpdates(made);
  askForUpdates(made);
  // A page that began while the worker did may have been missed.
  void navigator.serviceWorker.ready.then(({ active }) => {
    if (navigator.serviceWorker.controller === null) active?.postMessage({ type: 'claim' });
  });
  navigator.serviceWorker.addEventListener('message', hear);
  return made;
}

/** What the worker says: go there; and is that room being read here? */
function hear({ data, ports }: MessageEvent): void {
  const said = data as { type?: string; address?: string; room?: string } | null;
  if (said?.type === 'go' && said.address !== undefined)
    go(parseRoute(new URL(said.address, location.href)));
  if (said?.type === 'looks' && said.room !== undefined)
    ports[0]?.postMessage(isOnScreen(said.room));
}

function watchUpdates(worker: ServiceWorkerRegistration): void {
  const { serviceWorker } = navigator;
  // The first one of all takes over by itself.
  let hadOne = serviceWorker.controller !== null;
  const look = () => {
    if (worker.waiting !== null && hadOne) updateReady.value = true;
  };
  look();
  worker.addEventListener('updatefound', () => {
    worker.installing?.addEventListener('statechange', look);
  });
  // Another tab was asked: this page goes on with what it has until it is asked, too.
  serviceWorker.addEventListener('controllerchange', () => {
    updateReady.value ||= hadOne;
    hadOne = true;
  });
}

/** A page stays open for days: it asks whether there is a newer version when it is looked at again. */
function askForUpdates(worker: ServiceWorkerRegistration): void {
  const begun_at = Date.now();
  let asked_at = 0;
  const ask = () => {
    if (Date.now() - asked_at < rest_ms) return;
    asked_at = Date.now();
    worker.update().catch(() => undefined);
  };
  document.addEventListener('visibilitychange', () => {
    const isLong = Date.now() - Math.max(begun_at, asked_at) > look_ms;
    if (document.visibilityState === 'visible' && isLong) ask();
  });
  // A house that was gone may come back as a newer one.
  let wasLive = false;
  effect(() => {
    if (connection.value !== 'live') return;
    if (wasLive) ask();
    wasLive = true;
  });
}

/** The newer version takes over, and the page begins anew in it. What was typed is kept. */
export function takeUpdate(): void {
  const waiting = registered?.waiting;
  if (!waiting) return location.reload();
  navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), {
    once: true,
  });
  waiting.postMessage({ type: 'take-over' });
}

export function tellWorker(
  said: { type: 'read'; room: string; seq: number } | { type: 'forget' },
): void {
  registered?.active?.postMessage(said);
}
