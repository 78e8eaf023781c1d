/** What the page around the client is like: seen or hidden, online or not. */

/** A change around the client. `seen`: somebody looks at the page again. */
export type Change = 'seen' | 'online' | 'offline';

/** Where the client lives. */
export interface Surroundings {
  hidden(): boolean;
  online(): boolean;
  /** Calls `f` at each change until the returned function is called. */
  watch(f: (change: Change) => void): () => void;
}

/** The browser; outside of one, a page that is always seen and online. */
export const browser: Surroundings = {
  hidden: () => globalThis.document?.visibilityState === 'hidden',
  online: () => globalThis.navigator?.onLine !== false,
  watch: (f) => {
    const page = globalThis.document;
    if (!page) return () => {};
    const visibility = () => page.visibilityState === 'visible' && f('seen');
    const shown = () => f('seen');
    const online = () => f('online');
    const offline = () => f('offline');
    page.addEventListener('visibilitychange', visibility);
    globalThis.addEventListener('pageshow', shown);
    globalThis.addEventListener('online', online);
    globalThis.addEventListener('offline', offline);
    return () => {
      page.removeEventListener('visibilitychange', visibility);
      globalThis.removeEventListener('pageshow', shown);
      globalThis.removeEventListener('online', online);
      globalThis.removeEventListener('offline', offline);
    };
  },
};
