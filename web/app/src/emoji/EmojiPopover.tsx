import { useLayoutEffect, useRef } from 'preact/hooks';
import { hide, type Point } from '../state/overlay.ts';
import { phone } from '../state/screen.ts';
import { EmojiPicker } from './EmojiPicker.tsx';
import { emojiWords } from './words.ts';

/** The picker at a point, on a phone from below; it goes with the pick, with Esc, and with a press beside it. */
export function EmojiPopover({ at, onPick }: { at: Point; onPick: (emoji: string) => void }) {
  const box = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const dialog = box.current;
    if (dialog === null) return;
    dialog.showModal();
    if (!phone.peek()) place(dialog, at);
    return () => dialog.close();
  }, []);
  return (
    <dialog
      class="emoji-dialog"
      ref={box}
      aria-label={emojiWords().emoji}
      onCancel={(event) => {
        event.preventDefault();
        hide();
      }}
      onPointerDown={(event) => {
        if (event.target === event.currentTarget) hide();
      }}
    >
      <EmojiPicker
        onPick={(emoji) => {
          // At once: it gives the focus back, and the pick may take it.
          box.current?.close();
          hide();
          onPick(emoji);
        }}
      />
    </dialog>
  );
}

function place(dialog: HTMLElement, { x, y }: Point): void {
  const { width, height } = dialog.getBoundingClientRect();
  dialog.style.insetInlineStart = `${Math.max(8, Math.min(x, innerWidth - width - 8))}px`;
  dialog.style.insetBlockStart = `${Math.max(8, Math.min(y, innerHeight - height - 8))}px`;
}
