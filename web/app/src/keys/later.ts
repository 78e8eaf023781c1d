// Everything that keys lead to, in one piece: it is fetched when the page has nothing else to do.
export { DateDialog } from './DateDialog.tsx';
export { Jump } from './Jump.tsx';
export { Keys } from './Keys.tsx';
export { Shortcuts } from './Shortcuts.tsx';
