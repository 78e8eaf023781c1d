// What can be done with a message: the menu shows it, and the keys do it while the message has the focus.
import { words } from '../i18n/language.ts';
import type { IconName } from '../icons.ts';
import { you } from './house.ts';
import { copy, show, tell } from './overlay.ts';
import { addressFor } from './rooms.ts';
import type { MessageRow } from './rows.ts';
import type { Timeline } from './timeline.ts';

export interface Act {
  label: string;
  icon: IconName;
  keys?: string;
  danger?: boolean;
  act: () => void;
}

/** Only what this person may do with this message in this room. */
export function messageActs(timeline: Timeline, row: MessageRow): Act[] {
  const t = words();
  const { seq } = row;
  if (seq === undefined) return [];
  const mine = row.by.id === you.peek()?.id;
  const may = timeline.info.peek()?.may ?? [];
  const hasText = row.gone === undefined || row.gone === 'muted';
  const acts: Act[] = [];
  if (hasText)
    acts.push({ label: t.actCopy, icon: 'copy', keys: 'C', act: () => void copied(row.text) });
  const link = new URL(`/r/${addressFor(timeline.room.id)}?at=${seq}`, location.href).href;
  acts.push({ label: t.actLink, icon: 'link', keys: 'L', act: () => void copied(link) });
  if (hasText && !mine && may.includes('report'))
    acts.push({
      label: t.actReport,
      icon: 'flag',
      act: () => show({ kind: 'report', timeline, row }),
    });
  if (hasText && may.includes(mine ? 'report' : 'moderate'))
    acts.push({
      label: t.actDelete,
      icon: 'bin',
      keys: 'Del',
      danger: true,
      act: () => show({ kind: 'delete', timeline, row }),
    });
  return acts;
}

async function copied(text: string): Promise<void> {
  const t = words();
  tell((await copy(text)) ? t.actCopied : t.actNotCopied);
}
