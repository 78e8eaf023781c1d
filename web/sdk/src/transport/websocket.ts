/** The WebSocket transport: one text message holds one or more frames. */
import type { Link, LinkEvents, Transport } from './transport.js';

/** A transport over the platform's `WebSocket`, or over another one of that shape. */
export function webSocketTransport(WebSocketClass: typeof WebSocket = WebSocket): Transport {
  return {
    name: 'websocket',
    open: (url, protocols, events) => new WebSocketLink(WebSocketClass, url, protocols, events),
  };
}

class WebSocketLink implements Link {
  readonly #socket: WebSocket;

  constructor(
    WebSocketClass: typeof WebSocket,
    url: string,
    protocols: readonly string[],
    events: LinkEvents,
  ) {
    const socket = new WebSocketClass(url, [...protocols]);
    this.#socket = socket;
    socket.onopen = () => socket.send(events.hello());
    // A binary message is not of this protocol: it is left out, as an unknown frame would be.
    socket.onmessage = ({ data }) => typeof data === 'string' && events.received(data, false);
    // The end tells it all; but the `ws` of Node throws an error that nobody listens to.
    socket.onerror = () => {};
    socket.onclose = ({ code, reason, wasClean }) =>
      events.ended({ code, reason, clean: wasClean });
  }

  get protocol(): string {
    return this.#socket.protocol;
  }

  get extensions(): string {
    return this.#socket.extensions;
  }

  send(text: string): void {
    this.#socket.send(text);
  }

  close(code?: number, reason?: string, bye?: string): void {
    if (bye) this.#socket.send(bye);
    this.#socket.close(code, reason);
  }
}
