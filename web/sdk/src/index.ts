/**
 * The JavaScript client of Teahouse: `House` and `Room` are what an app needs. The layer below
 * them in the shape of the browser's `WebSocket` is an entry of its own, `@teahouse/sdk/socket`.
 */
export type { Clock, Random } from './clock.js';
export { type ErrorBody, TeahouseError } from './error.js';
export { fileAddress, thumbAddress } from './file-address.js';
export type * from './frame.js';
export { type ConnectionState, House, type HouseEvents, type HouseOptions } from './house.js';
export { type Identity, type Keep, memoryKeep, type OutboxItem } from './keep.js';
export { type Hole, Room, type RoomEvents } from './room.js';
export type { Change, Surroundings } from './surroundings.js';
export type { TabChannel, TabPlatform } from './tabs.js';
export type { TransportName } from './transport/transport.js';
