// What this chunk gives to the composer: what stands around the field, and what a command does, and names as ids.
export { Above } from './Above.tsx';
export { giveBack } from './back.ts';
export { obeyed } from './commands.ts';
export { askToDelete } from './emptied.ts';
export { Tools } from './Tools.tsx';
export { wireText } from './wire.ts';
