/** A transport whose other end is the test itself. */
import type { Change, Surroundings } from '../../src/surroundings.js';
import type { Link, LinkEvents, Transport } from '../../src/transport/transport.js';

/** One attempt to connect, with what the client said over it. */
export class ScriptLink implements Link {
  readonly protocol = 'teahouse.v1';
  readonly extensions = '';
  readonly sent: Record<string, unknown>[] = [];
  closed: { code: number | undefined; reason: string | undefined } | undefined;
  readonly #events: LinkEvents;

  constructor(events: LinkEvents) {
    this.#events = events;
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text) as Record<string, unknown>);
  }

  close(code?: number, reason?: string, bye?: string): void {
    if (bye) this.send(bye);
    this.closed ??= { code, reason };
  }

  /** What was sent of one type. */
  of(type: string): Record<string, unknown>[] {
    return this.sent.filter((command) => command['type'] === type);
  }

  open(): void {
    this.send(this.#events.hello());
  }

  /** Says frames, all in one message. */
  say(...frames: object[]): void {
    this.raw(frames.map((frame) => JSON.stringify(frame)).join('\n'));
  }

  raw(text: string): void {
    this.#events.received(text, false);
  }

  end(code = 1006, reason = ''): void {
    this.#events.ended({ code, reason, clean: code !== 1006 });
  }
}

/** Makes `ScriptLink`s and keeps them. */
export class ScriptTransport implements Transport {
  readonly name = 'websocket';
  readonly links: ScriptLink[] = [];
  readonly opened: { url: string; protocols: readonly string[] }[] = [];

  open(url: string, protocols: readonly string[], events: LinkEvents): Link {
    const link = new ScriptLink(events);
    this.links.push(link);
    this.opened.push({ url, protocols });
    return link;
  }

  /** The link of the last attempt. */
  get link(): ScriptLink {
    const link = this.links.at(-1);
    if (!link) throw new Error('no attempt was made');
    return link;
  }
}

/** Storage that lasts as long as the test. */
export function testMemory(): Pick<Storage, 'getItem' | 'setItem'> & {
  values: Map<string, string>;
} {
  const values = new Map<string, string>();
  return {
    values,
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => values.set(key, value),
  };
}

/** Surroundings that a test changes. */
export class TestSurroundings implements Surroundings {
  isHidden = false;
  isOnline = true;
  memory = testMemory();
  readonly #watchers = new Set<(change: Change) => void>();

  hidden(): boolean {
    return this.isHidden;
  }

  online(): boolean {
    return this.isOnline;
  }

  watch(f: (change: Change) => void): () => void {
    this.#watchers.add(f);
    return () => this.#watchers.delete(f);
  }

  get watchers(): number {
    return this.#watchers.size;
  }

  change(change: Change): void {
    if (change === 'seen') this.isHidden = false;
    else this.isOnline = change === 'online';
    this.tell(change);
  }

  /** Tells a change as the browser does. */
  tell(change: Change): void {
    for (const f of [...this.#watchers]) f(change);
  }
}
