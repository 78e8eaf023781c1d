/** What the page around the client is like: seen or hidden, online or not. */

/** A change around the client. `seen`: somebody may look at the page again; ask `hidden`. */
export type Change = 'seen' | 'online' | 'offline';

/** Where the client lives. */
export interface Surroundings {
  hidden(): boolean;
  online(): boolean;
  /** Calls `f` at each change until the returned function is called. */
  watch(f: (change: Change) => void): () => void;
  /** What lasts longer than the page: which transport worked last. */
  readonly memory?: Pick<Storage, 'getItem' | 'setItem'> | undefined;
}

/** The browser; outside of one, a page that is always seen and online. */
export const browser: Surroundings = {
  get memory() {
    try {
      return globalThis.document && globalThis.localStorage;
    } catch {
      // A page that may not store anything.
      return undefined;
    }
  },
  hidden: () => globalThis.document?.visibilityState === 'hidden',
  online: () => globalThis.navigator?.onLine !== false,
  watch: (f) => {
    const page = globalThis.document;
    const end = new AbortController();
    const on = (target: EventTarget, type: string, change: Change) =>
      target.addEventListener(type, () => f(change), { signal: end.signal });
    if (page) {
      on(page, 'visibilitychange', 'seen');
      on(globalThis.window, 'pageshow', 'seen');
      on(globalThis.window, 'online', 'online');
      on(globalThis.window, 'offline', 'offline');
    }
    return () => end.abort();
  },
};
