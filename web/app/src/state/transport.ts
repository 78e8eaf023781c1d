// Which transport the chat runs on: chosen by itself, or fixed on this device. Changing it changes the house's
// connection without a reload: what is written and who one is are in the keep, which both houses share.
import type { House } from '@teahouse/sdk';
import { attachHouse, carriedSince, house, transport } from './house.ts';
import { forgetTimelines } from './reading.ts';
import { forgetRooms } from './rooms.ts';
import { changeSettings, settings, type TransportChoice } from './settings.ts';
import { returnInside, visit } from './visit.ts';

let make: ((transport: TransportChoice) => House) | undefined;
let detach = () => {};

/** Makes the house of this page, and every later one. */
export function openHouse(maker: (transport: TransportChoice) => House): void {
  make = maker;
  detach = attachHouse(maker(settings.peek().transport));
}

/** Fixes the transport on this device, or lets it be chosen again. */
export function chooseTransport(choice: TransportChoice): void {
  if (choice === settings.peek().transport || make === undefined) return;
  changeSettings({ transport: choice });
  const before = house();
  detach();
  before.close();
  transport.value = undefined;
  carriedSince.value = undefined;
  forgetRooms();
  forgetTimelines();
  detach = attachHouse(make(choice));
  if (visit.peek() === 'inside') void returnInside();
}
