/**
 * The lab's seam to the SDK: one connection over one transport. Tests and the `states` page give their own.
 * It must not decide anything.
 */
import type { Limits, ServerFrame, TransportName } from '@teahouse/sdk';
import { TeahouseSocket } from '@teahouse/sdk/socket';

/** Who came in, and how often they are pinged. */
export interface Welcomed {
  session: string;
  token: string | undefined;
  heartbeat_s: number;
  limits: Limits;
}

export interface SocketEvents {
  /** It works; again after a loss. */
  opened(welcomed: Welcomed): void;
  received(frame: ServerFrame, line: string): void;
  /** It does not work (any more), and is tried again. */
  lost(): void;
  /** It has ended for good. */
  ended(code: number, reason: string): void;
}

export interface SocketOptions {
  transport: 'auto' | TransportName;
  token: string | undefined;
  /** Its bytes are counted. */
  cost: boolean;
  poll_ms: number | undefined;
  fetch: typeof fetch;
}

export interface LabSocket {
  send(line: string): void;
  close(): void;
  retryNow(): void;
}

export type OpenSocket = (options: SocketOptions, events: SocketEvents) => LabSocket;

/** In the place of a token: the page's cookie says who one is, and no script knows more. */
export const byCookie = '';

/** The room that the lab talks in; the server makes it. */
export const labRoom = 'lab';
const client = 'web-lab/0.1.0';

/** A real connection to the house that this page came from. */
export const openSocket: OpenSocket = ({ transport, token, cost, poll_ms, fetch }, events) => {
  const socket = new TeahouseSocket(new URL('/v1/ws', location.href), undefined, {
    transport,
    cost,
    fetch,
    client,
    patient: true,
    cursors: { [labRoom]: 'head' },
    ...(token ? { token } : {}),
    cookie: token === byCookie,
    ...(poll_ms === undefined ? {} : { poll_ms }),
  });
  const opened = () => {
    const { welcome } = socket;
    if (welcome === undefined) return;
    const { session, heartbeat_s, limits } = welcome;
    events.opened({ session, token: welcome.token ?? token, heartbeat_s, limits });
  };
  socket.onopen = opened;
  socket.onresume = opened;
  socket.onsuspend = () => events.lost();
  socket.onmessage = ({ frame, data }) => events.received(frame, data);
  socket.onclose = ({ code, reason }) => events.ended(code, reason);
  return socket;
};
