/**
 * The seam between the client object and what carries its frames.
 *
 * A transport turns text into frames on the wire and back. It must not read a frame, know a room,
 * or decide when to come back.
 */

/** How a link ended. `clean`: both sides said so. */
export interface LinkEnd {
  code: number;
  reason: string;
  clean: boolean;
  /** How long the server asks to wait before coming back. */
  retry_ms?: number;
}

/** What a link tells, in this order: `opened`, any number of `received`, `ended` exactly once. */
export interface LinkEvents {
  opened(): void;
  /** One or more frames, separated by line feeds. */
  received(text: string): void;
  ended(end: LinkEnd): void;
}

/** One connection of a transport. */
export interface Link {
  readonly protocol: string;
  readonly extensions: string;
  /** One or more frames, separated by line feeds. Only between `opened` and `ended`. */
  send(text: string): void;
  close(code?: number, reason?: string): void;
}

/** A way to reach the server. */
export interface Transport {
  readonly name: 'websocket';
  open(url: string, protocols: readonly string[], events: LinkEvents): Link;
}
