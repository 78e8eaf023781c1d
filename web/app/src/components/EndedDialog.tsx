import { useEffect, useRef } from 'preact/hooks';
import { words } from '../i18n/language.ts';
import type { Messages } from '../i18n/messages.en.ts';
import { ended, endingOf, you } from '../state/house.ts';
import { forgetVisit } from '../state/visit.ts';
import { Button } from './Button.tsx';
import './EndedDialog.css';

/** The connection ended for good: why, and the one thing to do. */
export function EndedDialog() {
  const t = words();
  const dialog = useRef<HTMLDialogElement>(null);
  // Who never got in hears it at the door.
  const news = you.value === undefined ? undefined : ended.value;
  useEffect(() => {
    if (news !== undefined && dialog.current?.open === false) dialog.current.showModal();
  }, [news]);
  if (news === undefined) return null;
  const { title, text, label, act } = ending(t, news);
  return (
    <dialog
      class="ended"
      ref={dialog}
      aria-labelledby="ended-title"
      aria-describedby="ended-text"
      onCancel={(event) => event.preventDefault()}
    >
      <h2 id="ended-title">{title}</h2>
      <p id="ended-text">{text}</p>
      <Button primary onPress={act}>
        {label}
      </Button>
    </dialog>
  );
}

interface Ending {
  title: string;
  text: string;
  label: string;
  act: () => void;
}

function ending(t: Messages, { code, reason }: { code: number; reason: string }): Ending {
  const reload = () => location.reload();
  switch (endingOf(code, reason)) {
    case 'replaced':
      return {
        title: t.endedReplaced,
        text: t.endedReplacedText,
        label: t.endedReplacedDo,
        act: reload,
      };
    case 'signed-out':
      return {
        title: t.endedSignedOut,
        text: t.endedSignedOutText,
        label: t.endedSignedOutDo,
        // The SDK has forgotten the token; what was not sent is kept.
        act: reload,
      };
    case 'version':
      return {
        title: t.endedVersion,
        text: t.endedVersionText,
        label: t.endedVersionDo,
        act: reload,
      };
    case 'banned':
      return {
        title: t.endedBanned,
        text: t.endedBannedText,
        label: t.endedBannedDo,
        act: () => void forgetVisit().then(() => location.reload()),
      };
    case 'other':
      return {
        title: t.endedOther,
        text: t.endedOtherText(code),
        label: t.endedOtherDo,
        act: reload,
      };
  }
}
