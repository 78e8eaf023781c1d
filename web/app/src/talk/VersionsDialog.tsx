import * as api from '@teahouse/sdk/api';
import { ErrorCard } from '../components/ErrorCard.tsx';
import { useAsked } from '../parts/asked.ts';
import { Dialog } from '../parts/Dialog.tsx';
import { house } from '../state/house.ts';
import { hide } from '../state/overlay.ts';
import type { MessageRow } from '../state/rows.ts';
import type { Timeline } from '../state/timeline.ts';
import { talkWords } from './words.ts';
import './panels.css';

/** What a message said before it was edited; only for who keeps order. */
export function VersionsDialog({ timeline, row }: { timeline: Timeline; row: MessageRow }) {
  const t = talkWords();
  const asked = useAsked(() => api.versions(house(), timeline.room.id, row.seq ?? 0));
  const versions = asked.value?.versions;
  return (
    <Dialog title={t.versionsTitle} onClose={hide}>
      {asked.failed !== undefined && (
        <ErrorCard kind="unknown" code={asked.failed} onRetry={() => void asked.again()} />
      )}
      {versions?.length === 0 && <p class="lead">{t.versionsNone}</p>}
      <ul class="versions">
        {versions?.map((version) => (
          <li key={version.seq}>
            <time>{t.versionsAt(version.at)}</time>
            <p dir="auto">{version.text}</p>
          </li>
        ))}
        <li>
          <b>{t.versionsNow}</b>
          <p dir="auto">{row.text}</p>
        </li>
      </ul>
    </Dialog>
  );
}
