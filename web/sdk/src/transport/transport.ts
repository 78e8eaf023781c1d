/**
 * The seam between the client object and what carries its frames.
 *
 * A transport turns text into frames on the wire and back. It must not read a frame, know a room,
 * or decide when to come back.
 */

/** The transports from the best to the worst. */
export const TRANSPORTS = ['websocket', 'stream', 'long_poll', 'poll'] as const;
export type TransportName = (typeof TRANSPORTS)[number];

/** How a link ended. `clean`: both sides said so. */
export interface LinkEnd {
  code: number;
  reason: string;
  clean: boolean;
  /** How long the server asks to wait before coming back. */
  retry_ms?: number;
}

/** What a link asks and tells: `hello` first, any number of the others, `ended` at most once. */
export interface LinkEvents {
  /** The line that begins a connection; over HTTP a request, to receive unless it says otherwise. */
  hello(to?: 'send' | 'leave' | 'all'): string;
  /** The head of an answer is here; its frames should follow soon. */
  begun(): void;
  /** One or more frames, separated by line feeds. `isReply`: to what was sent over HTTP. */
  received(text: string, isReply: boolean): void;
  /** HTTP: a request was refused with this status, and what its answer said. */
  refused(status: number, text: string): void;
  /** HTTP: what there is to send now, at most so many bytes, in order. */
  pull(bytes_max: number): string[];
  ended(end: LinkEnd): void;
}

/** One connection of a transport, or over HTTP a row of requests that follow each other. */
export interface Link {
  readonly protocol: string;
  readonly extensions: string;
  /** Sends one or more frames, separated by line feeds; what is not answered may be lost. */
  send(text: string): void;
  /** HTTP: there is something to `pull`. Without it, everything goes by `send`. */
  flush?(): void;
  /**
   * HTTP: receives by another request, now or after what the server said. Without it, a link that
   * the server ends has ended.
   */
  again?(retry_ms?: number): void;
  /** Ends it, after the last words if there are any. */
  close(code?: number, reason?: string, bye?: string): void;
}

/** A way to reach the server. */
export interface Transport {
  readonly name: TransportName;
  open(url: string, protocols: readonly string[], events: LinkEvents): Link;
}
