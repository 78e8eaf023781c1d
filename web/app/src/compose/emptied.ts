// An edit that took everything away is a question.
import { show } from '../state/overlay.ts';
import type { Writing } from '../state/writing.ts';

/** An edit that leaves nothing: whether the message should be deleted. */
export function askToDelete({ timeline, context }: Writing): void {
  const now = context.peek();
  if (now?.kind !== 'edit') return;
  const row = timeline.rows.peek().find((one) => one.type === 'message' && one.seq === now.seq);
  if (row?.type === 'message') show({ kind: 'delete', timeline, row });
}
