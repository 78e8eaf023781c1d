import type { RoomView } from '@teahouse/sdk';
import { useEffect } from 'preact/hooks';
import { partWords } from '../parts/words.ts';
import { askWhenOver } from '../state/mute.ts';
import type { Timeline } from '../state/timeline.ts';
import './ComposerClosed.css';

/** Where nothing can be written: why, until one may. */
export function ComposerClosed({ timeline }: { timeline: Timeline }) {
  const info = timeline.info.value;
  useEffect(() => info && askWhenOver(info), [info]);
  return <p class="composer-closed">{info && closedText(info)}</p>;
}

/** Why nothing can be written here. */
function closedText({ archived, silenced_until: until, policy }: RoomView): string {
  const p = partWords();
  if (archived) return p.composerArchived;
  if (until) return p.composerSilenced(until);
  if (policy.write === 'moderators') return p.composerAnnouncements;
  return policy.write === 'accounts' ? p.composerAccounts : p.composerReadOnly;
}
