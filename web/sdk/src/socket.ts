/** `TeahouseSocket`: a Teahouse in the shape of the browser's `WebSocket`. */
export { type ClientOptions, SUBPROTOCOL } from './client.js';
export type { Clock, Random } from './clock.js';
export { TeahouseSocket } from './connection.js';
export { type ErrorBody, TeahouseError } from './error.js';
export type * from './frame.js';
export type * from './socket-events.js';
export type { Change, Surroundings } from './surroundings.js';
export { type HttpOptions, httpTransport } from './transport/http.js';
export type {
  Link,
  LinkEnd,
  LinkEvents,
  Transport,
  TransportName,
} from './transport/transport.js';
export { webSocketTransport } from './transport/websocket.js';
