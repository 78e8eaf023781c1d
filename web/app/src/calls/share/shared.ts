// What another app shared with this one. The service worker took it, before any page was there, and keeps it in a
// cache of its own until somebody has said where it goes.

/** The cache, as `worker/worker.ts` names it. */
const cacheName = 'shared';

export interface Shared {
  text: string;
  files: readonly File[];
}

/** What waits, if anything does. */
export async function waiting(): Promise<Shared | undefined> {
  if (!('caches' in window) || !(await caches.has(cacheName))) return undefined;
  const cache = await caches.open(cacheName);
  let text = '';
  const files: File[] = [];
  for (const request of await cache.keys()) {
    const kept = await cache.match(request);
    if (kept === undefined) continue;
    const name = kept.headers.get('x-name');
    if (name === null) text = await kept.text();
    else files.push(fileOf(await kept.blob(), decodeURIComponent(name)));
  }
  return text === '' && files.length === 0 ? undefined : { text, files };
}

function fileOf(blob: Blob, name: string): File {
  return new File([blob], name, { type: blob.type });
}

/** It has its place, or none is wanted. */
export async function forgetShared(): Promise<void> {
  if ('caches' in window) await caches.delete(cacheName);
}
