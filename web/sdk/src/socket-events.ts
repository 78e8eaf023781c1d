/**
 * The events of a `TeahouseSocket` and its `on…` attributes: those of the browser's object, and
 * two more, since this one comes back by itself.
 */
import type { TeahouseError } from './error.js';
import type { ServerFrame } from './frame.js';

/** A frame came: `data` is its line, `frame` the same as an object. */
export class FrameEvent extends MessageEvent<string> {
  readonly frame: ServerFrame;

  constructor(frame: ServerFrame, init: { data: string; origin: string }) {
    super('message', init);
    this.frame = frame;
  }
}

/** A connection ended; `CloseEvent` is not everywhere (Node before 23). */
export class SocketCloseEvent extends Event {
  readonly code: number;
  readonly reason: string;
  readonly wasClean: boolean;

  constructor(init: { code: number; reason: string; wasClean: boolean }) {
    super('close');
    this.code = init.code;
    this.reason = init.reason;
    this.wasClean = init.wasClean;
  }
}

/** The connection failed; `refusal` is there when the server said why. */
export class SocketErrorEvent extends Event {
  readonly refusal: TeahouseError | undefined;

  constructor(refusal?: TeahouseError) {
    super('error');
    this.refusal = refusal;
  }
}

/** The connection is lost, or another attempt failed; the next one is at `retry_at`. */
export class SuspendEvent extends Event {
  readonly lost_at: number;
  readonly retry_at: number;

  constructor(init: { lost_at: number; retry_at: number }) {
    super('suspend');
    this.lost_at = init.lost_at;
    this.retry_at = init.retry_at;
  }
}

/** The connection is back, `away_ms` after it was lost. */
export class ResumeEvent extends Event {
  readonly away_ms: number;

  constructor(away_ms: number) {
    super('resume');
    this.away_ms = away_ms;
  }
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
}

type Handler<K extends keyof SocketEventMap> = ((event: SocketEventMap[K]) => unknown) | null;

const TYPES = ['open', 'message', 'error', 'close', 'suspend', 'resume', 'delay'] as const;

/** An `EventTarget` with typed listeners and the attributes `onopen`, `onmessage` and so on. */
export class SocketTarget extends EventTarget {
  declare onopen: Handler<'open'>;
  declare onmessage: Handler<'message'>;
  declare onerror: Handler<'error'>;
  declare onclose: Handler<'close'>;
  declare onsuspend: Handler<'suspend'>;
  declare onresume: Handler<'resume'>;
  declare ondelay: Handler<'delay'>;

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

  override addEventListener<K extends keyof SocketEventMap>(
    type: K,
    listener: ((event: SocketEventMap[K]) => unknown) | EventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void {
    super.addEventListener(type, listener as EventListener, options);
  }

  override removeEventListener<K extends keyof SocketEventMap>(
    type: K,
    listener: ((event: SocketEventMap[K]) => unknown) | EventListenerObject | null,
    options?: boolean | EventListenerOptions,
  ): void {
    super.removeEventListener(type, listener as EventListener, options);
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
