import { closeAround, Modal } from '../parts/Modal.tsx';
import { hide, type Point } from '../state/overlay.ts';
import { EmojiPicker } from './EmojiPicker.tsx';
import { emojiWords } from './words.ts';

/** The picker at a point, on a phone from below; it goes with the pick, with Esc, and with a press beside it. */
export function EmojiPopover({ at, onPick }: { at: Point; onPick: (emoji: string) => void }) {
  return (
    <Modal class="emoji-dialog beside sheet" label={emojiWords().emoji} at={at} onClose={hide}>
      <EmojiPicker
        onPick={(emoji) => {
          const field = document.activeElement;
          if (field !== null) closeAround(field);
          hide();
          onPick(emoji);
        }}
      />
    </Modal>
  );
}
