import { ErrorCard } from '../components/ErrorCard.tsx';
import { Skeleton } from '../components/Skeleton.tsx';
import type { Asked } from './asked.ts';

/** What stands where something asked for is not here: a skeleton, or why it did not come. */
export function Waiting({ asked }: { asked: Pick<Asked<unknown>, 'value' | 'failed' | 'again'> }) {
  if (asked.value !== undefined) return null;
  if (asked.failed === undefined) return <Skeleton rows={3} />;
  return <ErrorCard kind="unknown" code={asked.failed} onRetry={() => void asked.again()} />;
}
