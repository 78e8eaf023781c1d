import { namesOf } from '../components/RowParts.tsx';
import { words } from '../i18n/language.ts';
import { Dialog } from '../parts/Dialog.tsx';
import { hide } from '../state/overlay.ts';
import type { MessageRow } from '../state/rows.ts';
import { talkWords } from './words.ts';
import './panels.css';

/** Who reacted, for fingers, which cannot hover. */
export function ReactionsDialog({ row }: { row: MessageRow }) {
  const t = words();
  return (
    <Dialog title={talkWords().reactionsBy} onClose={hide}>
      <ul class="who-reacted">
        {(row.state.reactions ?? []).map((reaction) => (
          <li key={reaction.emoji}>
            <span>{reaction.emoji}</span>
            <span>{namesOf(t, reaction)}</span>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
