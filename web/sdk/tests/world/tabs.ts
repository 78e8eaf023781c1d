/** The tabs of one origin: Web Locks and BroadcastChannel as the standards have them. */
import type { TabChannel, TabPlatform } from '../../src/tabs.js';

type Callback = (lock: unknown) => Promise<unknown>;
type LockOptions = { steal?: boolean; signal?: AbortSignal };

interface Request {
  callback: Callback;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** One browser. `locks: false` is one without them, `refuses` one that rejects each request. */
export class Browser {
  readonly #held = new Map<string, Request>();
  readonly #waiting = new Map<string, Request[]>();
  readonly #channels = new Map<string, Set<TabChannel>>();
  readonly #has: { locks: boolean; refuses: boolean };

  constructor(has: { locks?: boolean; refuses?: boolean } = {}) {
    this.#has = { locks: true, refuses: false, ...has };
  }

  platform(): TabPlatform {
    const request = (name: string, options: LockOptions, callback: Callback) =>
      this.#request(name, options, callback);
    return {
      locks: this.#has.locks ? ({ request } as unknown as LockManager) : undefined,
      channel: (name) => this.#channel(name),
    };
  }

  /** How many requests hold or wait for a lock. */
  get requests(): number {
    let count = this.#held.size;
    for (const waiting of this.#waiting.values()) count += waiting.length;
    return count;
  }

  #request(name: string, { steal, signal }: LockOptions, callback: Callback): Promise<unknown> {
    if (this.#has.refuses) return Promise.reject(new DOMException('no', 'SecurityError'));
    return new Promise((resolve, reject) => {
      const request = { callback, resolve, reject };
      const waiting = this.#waiting.get(name) ?? [];
      this.#waiting.set(name, waiting);
      if (steal) {
        const robbed = this.#held.get(name);
        this.#held.delete(name);
        robbed?.reject(new DOMException('stolen', 'AbortError'));
        waiting.unshift(request);
      } else {
        waiting.push(request);
      }
      signal?.addEventListener('abort', () => {
        if (!waiting.includes(request)) return;
        waiting.splice(waiting.indexOf(request), 1);
        reject(new DOMException('aborted', 'AbortError'));
      });
      this.#grant(name);
    });
  }

  #grant(name: string): void {
    const next = this.#held.has(name) ? undefined : this.#waiting.get(name)?.shift();
    if (!next) return;
    this.#held.set(name, next);
    queueMicrotask(async () => {
      const value = await next.callback({ name });
      if (this.#held.get(name) !== next) return;
      this.#held.delete(name);
      next.resolve(value);
      this.#grant(name);
    });
  }

  #channel(name: string): TabChannel {
    const tabs = this.#channels.get(name) ?? new Set();
    this.#channels.set(name, tabs);
    const channel: TabChannel = {
      onmessage: null,
      postMessage: (message) => {
        const data: unknown = structuredClone(message);
        for (const other of tabs) {
          if (other !== channel) {
            queueMicrotask(() => other.onmessage?.({ data } as MessageEvent));
          }
        }
      },
      close: () => tabs.delete(channel),
    };
    tabs.add(channel);
    return channel;
  }
}
