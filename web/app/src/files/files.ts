// What one does with files, in one piece: fetched with the first composer that is on the page, or the first image
// that is opened.
export { Lightbox } from './Lightbox.tsx';
export { Other } from './Other.tsx';
export { AttachButtons, Tray } from './Tray.tsx';
export { add, addWhole } from './uploads.ts';
export { sendWhenWhole } from './whole.ts';
