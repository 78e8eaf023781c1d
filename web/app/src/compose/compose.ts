// What this chunk gives to the composer: what stands around the field, and what a command does.
export { Above } from './Above.tsx';
export { obeyed } from './commands.ts';
export { Tools } from './Tools.tsx';
