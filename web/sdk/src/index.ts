/**
 * The JavaScript client of Teahouse. `House` and `Room` are what an app needs; `TeahouseSocket` is
 * the layer below them, shaped like the browser's `WebSocket`.
 */
export { type Clock, type Random, systemClock } from './clock.js';
export { SUBPROTOCOL, TeahouseSocket, type TeahouseSocketOptions } from './connection.js';
export { type ErrorBody, TeahouseError } from './error.js';
export type * from './frame.js';
export { type ConnectionState, House, type HouseEvents, type HouseOptions } from './house.js';
export { type Identity, type Keep, memoryKeep, type OutboxItem } from './keep.js';
export { type Hole, Room, type RoomEvents } from './room.js';
export type * from './socket-events.js';
export type { Change, Surroundings } from './surroundings.js';
export type { Link, LinkEnd, LinkEvents, Transport } from './transport/transport.js';
export { webSocketTransport } from './transport/websocket.js';
