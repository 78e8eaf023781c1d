// The service worker as the page has it: registered when the room is there, asked before it takes over, told what was
// read. Trusted types let its address through and nothing else.
import { signal } from '@preact/signals';
import { go, parseRoute } from '../state/route.ts';

const address = '/worker.js';

/** A newer version waits for a press. */
export const updateReady = signal(false);

let registered: ServiceWorkerRegistration | undefined;

interface Policies {
  createPolicy(
    name: string,
    rules: { createScriptURL: (url: string) => string },
  ): { createScriptURL(url: string): string };
}

/** The one address that may become a script. */
function trusted(): string {
  const { trustedTypes } = window as { trustedTypes?: Policies };
  const createScriptURL = (url: string) => {
    if (url !== address)
      throw new TypeError('The only script that is asked for by name is the worker.');
    return url;
  };
  return (
    trustedTypes?.createPolicy('worker', { createScriptURL }).createScriptURL(address) ?? address
  );
}

/** Registers it once; a browser that has none, or a page that is not secure, goes on without. */
export async function registerWorker(): Promise<ServiceWorkerRegistration | undefined> {
  if (registered !== undefined || !('serviceWorker' in navigator)) return registered;
  try {
    registered = await navigator.serviceWorker.register(trusted());
  } catch {
    return undefined;
  }
  watchUpdates(registered);
  navigator.serviceWorker.addEventListener('message', ({ data }) => {
    const said = data as { type?: string; address?: string } | null;
    if (said?.type === 'go' && said.address !== undefined)
      go(parseRoute(new URL(said.address, location.href)));
  });
  return registered;
}

function watchUpdates(worker: ServiceWorkerRegistration): void {
  const look = () => {
    // The first one of all takes over by itself.
    updateReady.value = worker.waiting !== null && navigator.serviceWorker.controller !== null;
  };
  look();
  worker.addEventListener('updatefound', () => {
    worker.installing?.addEventListener('statechange', look);
  });
}

/** The newer version takes over, and the page begins anew in it. What was typed is kept. */
export function takeUpdate(): void {
  navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), {
    once: true,
  });
  registered?.waiting?.postMessage({ type: 'take-over' });
}

export function tellWorker(said: { type: 'read'; room: string } | { type: 'forget' }): void {
  registered?.active?.postMessage(said);
}
