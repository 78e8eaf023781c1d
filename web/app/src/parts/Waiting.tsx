import { Button } from '../components/Button.tsx';
import { ErrorCard } from '../components/ErrorCard.tsx';
import { Mark } from '../components/Icon.tsx';
import { Skeleton } from '../components/Skeleton.tsx';
import { words } from '../i18n/language.ts';
import type { Asked } from './asked.ts';
import { partWords } from './words.ts';

/** What stands where something asked for is not here: a skeleton, or why it did not come. */
export function Waiting({ asked }: { asked: Pick<Asked<unknown>, 'value' | 'failed' | 'again'> }) {
  if (asked.value !== undefined) return null;
  if (asked.failed === undefined) return <Skeleton rows={3} />;
  const onRetry = () => void asked.again();
  const why = partWords().faults[asked.failed];
  if (why === undefined) return <ErrorCard kind="unknown" code={asked.failed} onRetry={onRetry} />;
  return (
    <div class="card-notice">
      <Mark />
      <p>{why}</p>
      <Button onPress={onRetry}>{words().errorRetry}</Button>
    </div>
  );
}
