// What this chunk gives to the first load: everything one does with a message once the room is on the page.
export { followPins } from './pins.ts';
export * as presses from './presses.ts';
export { followRows } from './toolbar.tsx';
