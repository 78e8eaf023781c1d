// What this chunk gives to the first load: everything one does with a message once the room is on the page.
export { watchLongPress } from '../components/longPress.ts';
export { writeAgain } from './context.ts';
export { followGaps } from './gaps.ts';
export { followPins } from './pins.ts';
export * as presses from './presses.ts';
export { followSwipes } from './swipe.ts';
export { followRows } from './toolbar.tsx';
export { followMarks } from './unread.ts';
