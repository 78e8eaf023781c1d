// Which transport the chat runs on: chosen by itself, or fixed on this device. Changing it changes the house's
// connection without a reload: what is written and who one is are in the keep, which both houses share.
import { carriedSince, house, transport } from './house.ts';
import { reopenHouse } from './opening.ts';
import { forgetTimelines } from './reading.ts';
import { forgetRooms } from './rooms.ts';
import { changeSettings, settings, type TransportChoice } from './settings.ts';
import { returnInside, visit } from './visit.ts';

/** Fixes the transport on this device, or lets it be chosen again. */
export function chooseTransport(choice: TransportChoice): void {
  if (choice === settings.peek().transport) return;
  changeSettings({ transport: choice });
  const before = house();
  reopenHouse(() => {
    before.close();
    transport.value = undefined;
    carriedSince.value = undefined;
    forgetRooms();
    forgetTimelines();
  });
  if (visit.peek() === 'inside') void returnInside();
}
