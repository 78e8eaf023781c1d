import { words } from '../i18n/language.ts';
import { addressOf, followLink, mainRoom, roomRoute } from '../state/route.ts';
import { Button } from './Button.tsx';
import { Mark } from './Icon.tsx';
import './ErrorCard.css';

interface ErrorCardProps {
  kind: 'not-found' | 'shut' | 'unknown';
  code?: string;
  onRetry?: () => void;
}

/** A screen or a list that cannot be: one sentence, one thing to do. */
export function ErrorCard({ kind, code = 'internal', onRetry }: ErrorCardProps) {
  const t = words();
  const main = roomRoute(mainRoom);
  return (
    <div class="card-notice">
      <Mark />
      {kind !== 'unknown' ? (
        <>
          <h1>{kind === 'shut' ? t.errorShut : t.errorNotFound}</h1>
          <a
            class="text-button"
            href={addressOf(main)}
            onClick={(event) => followLink(event, main)}
          >
            {t.errorNotFoundDo}
          </a>
        </>
      ) : (
        <>
          <p>{t.errorUnknown(code)}</p>
          {onRetry !== undefined && <Button onPress={onRetry}>{t.errorRetry}</Button>}
        </>
      )}
    </div>
  );
}
