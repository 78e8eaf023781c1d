/**
 * The events of a `TeahouseSocket` and its `on…` attributes: those of the browser's object, and
 * a few more, since this one comes back by itself.
 */
import type { TeahouseError } from './error.js';
import type { ServerFrame } from './frame.js';
import type { TransportName } from './transport/transport.js';

/** A frame came: `data` is its line, `frame` the same as an object. */
export interface FrameEvent extends MessageEvent<string> {
  readonly frame: ServerFrame;
}

/** The connection has ended; shaped like `CloseEvent`, which is not everywhere (Node before 23). */
export interface SocketCloseEvent extends Event {
  readonly code: number;
  readonly reason: string;
  readonly wasClean: boolean;
}

/** The connection failed; `refusal` is there when the server said why. */
export interface SocketErrorEvent extends Event {
  readonly refusal: TeahouseError | undefined;
}

/** The connection is lost, or another attempt failed; the next one is at `retry_at`. */
export interface SuspendEvent extends Event {
  readonly lost_at: number;
  readonly retry_at: number;
}

/** The connection is back, `away_ms` after it was lost. */
export interface ResumeEvent extends Event {
  readonly away_ms: number;
}

/** Another transport carries the frames than before; also told after `open`. */
export interface TransportEvent extends Event {
  readonly transport: TransportName;
}

/** The events by name. */
export interface SocketEventMap {
  open: Event;
  message: FrameEvent;
  error: SocketErrorEvent;
  close: SocketCloseEvent;
  suspend: SuspendEvent;
  resume: ResumeEvent;
  /** A round trip was measured: see `delay_ms`. */
  delay: Event;
  transport: TransportEvent;
}

type Handler<K extends keyof SocketEventMap> = ((event: SocketEventMap[K]) => unknown) | null;

const TYPES = [
  'open',
  'message',
  'error',
  'close',
  'suspend',
  'resume',
  'delay',
  'transport',
] as const;

type Listener<K extends keyof SocketEventMap> =
  | ((event: SocketEventMap[K]) => unknown)
  | EventListenerObject
  | null;

/** The listeners as types: an `EventTarget` knows only `Event`. */
export interface SocketTarget {
  addEventListener<K extends keyof SocketEventMap>(
    type: K,
    listener: Listener<K>,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<K extends keyof SocketEventMap>(
    type: K,
    listener: Listener<K>,
    options?: boolean | EventListenerOptions,
  ): void;
}

/** An `EventTarget` with typed listeners and the attributes `onopen`, `onmessage` and so on. */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: only the types of inherited methods
export class SocketTarget extends EventTarget {
  declare onopen: Handler<'open'>;
  declare onmessage: Handler<'message'>;
  declare onerror: Handler<'error'>;
  declare onclose: Handler<'close'>;
  declare onsuspend: Handler<'suspend'>;
  declare onresume: Handler<'resume'>;
  declare ondelay: Handler<'delay'>;
  declare ontransport: Handler<'transport'>;

  readonly #handlers = new Map<string, { handler: unknown; runner: EventListener }>();

  static {
    for (const type of TYPES) {
      Object.defineProperty(SocketTarget.prototype, `on${type}`, {
        enumerable: true,
        configurable: true,
        get(this: SocketTarget) {
          return this.#handlers.get(type)?.handler ?? null;
        },
        set(this: SocketTarget, handler: unknown) {
          this.#handle(type, handler);
        },
      });
    }
  }

  /** Tells an event with these fields. */
  protected tell(event: Event, fields: object = {}): void {
    this.dispatchEvent(Object.assign(event, fields));
  }

  /**
   * As the HTML standard has it: a handler takes its place among the listeners when it is first
   * set, keeps it while it is replaced, and loses it when it is set to null.
   */
  #handle(type: keyof SocketEventMap, handler: unknown): void {
    const before = this.#handlers.get(type);
    if (typeof handler !== 'function') {
      if (before) this.removeEventListener(type, before.runner);
      this.#handlers.delete(type);
    } else if (before) {
      before.handler = handler;
    } else {
      const entry = {
        handler: handler as unknown,
        runner: (event: Event) => {
          (entry.handler as (event: Event) => unknown).call(this, event);
        },
      };
      this.#handlers.set(type, entry);
      this.addEventListener(type, entry.runner);
    }
  }
}
