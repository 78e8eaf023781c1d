/**
 * The tabs of one origin that share an outbox: one of them sends (it holds a Web Lock), all of them
 * hear what happens to it (over a BroadcastChannel). Where one of the two is missing, or the keep is
 * not shared, a tab is alone and sends for itself; a double send is harmless, since the cid is the
 * same.
 *
 * Owned by the `Sender`. It must not know what a note says.
 */

/** What a channel between tabs must be able to do. */
export interface TabChannel {
  onmessage: ((event: MessageEvent) => void) | null;
  postMessage(message: unknown): void;
  close(): void;
}

/** What the platform offers for it. */
export interface TabPlatform {
  locks: Pick<LockManager, 'request'> | undefined;
  channel: ((name: string) => TabChannel) | undefined;
}

/** The platform this runs on. Outside of a page there are no tabs. */
export function tabPlatform(): TabPlatform {
  const isPage = globalThis.document !== undefined;
  const hasChannel = isPage && typeof BroadcastChannel === 'function';
  return {
    locks: isPage ? globalThis.navigator?.locks : undefined,
    channel: hasChannel ? (name) => new BroadcastChannel(name) : undefined,
  };
}

/** What a tab is told. */
export interface TabOrders<Note> {
  /** From now on this tab sends. */
  elected(): void;
  /** Another tab took over. */
  deposed(): void;
  /** A note of another tab. */
  heard(note: Note): void;
}

/** One tab among those that share a name. */
export class Tabs<Note> {
  readonly #orders: TabOrders<Note>;
  readonly #locks: Pick<LockManager, 'request'> | undefined;
  readonly #name: string;
  readonly #channel: TabChannel | undefined;
  readonly #aborter = new AbortController();
  #release: (() => void) | undefined;
  #isSender = false;
  /** A request for the lock waits its turn. */
  #isQueued = false;

  /** `scope` is the name that the tabs share; without one this tab is alone. */
  constructor(scope: string | undefined, platform: TabPlatform, orders: TabOrders<Note>) {
    this.#orders = orders;
    this.#name = `teahouse:${scope}`;
    const { locks, channel } = platform;
    if (scope === undefined || !locks || !channel) {
      this.#isSender = true;
      return;
    }
    this.#locks = locks;
    this.#channel = channel(this.#name);
    this.#channel.onmessage = ({ data }) => orders.heard(data as Note);
  }

  /** Whether this tab sends. */
  get isSender(): boolean {
    return this.#isSender;
  }

  /** Stands for election. A tab that is alone is elected at once. */
  start(): void {
    if (this.#locks) this.#stand(false);
    else this.#orders.elected();
  }

  /** Tells the other tabs. */
  tell(note: Note): void {
    this.#channel?.postMessage(note);
  }

  /** Takes the lock from a tab that does not do its work (a phone may have frozen it). */
  takeOver(): void {
    if (this.#locks && !this.#isSender) this.#stand(true);
  }

  close(): void {
    this.#aborter.abort();
    this.#isSender = false;
    this.#release?.();
    this.#channel?.close();
  }

  #stand(steal: boolean): void {
    if (!steal && this.#isQueued) return;
    this.#isQueued ||= !steal;
    let wasElected = false;
    const hold = () => {
      wasElected = true;
      if (!steal) this.#isQueued = false;
      return this.#hold();
    };
    // A lock that is stolen cannot be waited for, and the other way round.
    const options = steal ? { steal } : { signal: this.#aborter.signal };
    this.#locks?.request(this.#name, options, hold).catch(() => this.#lost(wasElected));
  }

  /** Holds the lock until `close`, or until another tab takes it. */
  #hold(): Promise<void> {
    if (this.#aborter.signal.aborted) return Promise.resolve();
    this.#isSender = true;
    this.#orders.elected();
    return new Promise((resolve) => {
      this.#release = resolve;
    });
  }

  #lost(wasElected: boolean): void {
    if (this.#aborter.signal.aborted) return;
    if (!wasElected) {
      // The platform has locks but refuses them here: every tab sends for itself.
      this.#isSender = true;
      return this.#orders.elected();
    }
    this.#release = undefined;
    this.#isSender = false;
    this.#orders.deposed();
    this.#stand(false);
  }
}
