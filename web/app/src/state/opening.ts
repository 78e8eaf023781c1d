// Makes the house of this page, and another one in its place: a part of its own, because the first load needs no more.
import type { House } from '@teahouse/sdk';
import { attachHouse } from './house.ts';
import { settings, type TransportChoice } from './settings.ts';

let make: ((transport: TransportChoice) => House) | undefined;
let detach = () => {};

/** Makes the house of this page, and says how every later one is made. */
export function openHouse(maker: (transport: TransportChoice) => House): void {
  make = maker;
  reopenHouse(() => {});
}

/** Another house takes the place of the present one; `between` ends that and what was known by it. */
export function reopenHouse(between: () => void): void {
  detach();
  between();
  if (make !== undefined) detach = attachHouse(make(settings.peek().transport));
}
