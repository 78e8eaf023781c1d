import { Modal } from '../parts/Modal.tsx';
import { partWords } from '../parts/words.ts';
import { ended, endingOf, house } from '../state/house.ts';
import { Button } from './Button.tsx';
import './EndedDialog.css';

/** The connection ended for good: why, and the one thing to do. */
export function EndedDialog() {
  const news = ended.value;
  if (news === undefined) return null;
  const { title, text, label, act } = ending(news);
  return (
    <Modal class="ended" labelledBy="ended-title" describedBy="ended-text" onClose={stay}>
      <h2 id="ended-title">{title}</h2>
      <p id="ended-text">{text}</p>
      <Button primary onPress={act}>
        {label}
      </Button>
    </Modal>
  );
}

/** There is only one thing to do. */
function stay(): void {}

interface Ending {
  title: string;
  text: string;
  label: string;
  act: () => void;
}

function ending({ code, reason }: { code: number; reason: string }): Ending {
  const p = partWords();
  const reload = () => location.reload();
  switch (endingOf(code, reason)) {
    case 'replaced':
      return {
        title: p.endedReplaced,
        text: p.endedReplacedText,
        label: p.endedReplacedDo,
        act: reload,
      };
    case 'signed-out':
      return {
        title: p.endedSignedOut,
        text: p.endedSignedOutText,
        label: p.endedSignedOutDo,
        // The SDK has forgotten the token; what was not sent is kept.
        act: reload,
      };
    case 'version':
      return {
        title: p.endedVersion,
        text: p.endedVersionText,
        label: p.endedVersionDo,
        act: reload,
      };
    case 'banned':
      return {
        title: p.endedBanned,
        text: p.endedBannedText,
        label: p.endedBannedDo,
        // A ban may end: drafts wait for that.
        act: () => void house().leave().then(reload),
      };
    case 'other':
      return {
        title: p.endedOther,
        text: p.endedOtherText(code),
        label: p.endedOtherDo,
        act: reload,
      };
  }
}
