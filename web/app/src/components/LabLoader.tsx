import { signal } from '@preact/signals';
import type { FunctionComponent } from 'preact';
import { useEffect } from 'preact/hooks';
import { ErrorCard } from './ErrorCard.tsx';

const screen = signal<FunctionComponent | 'failed' | undefined>(undefined);

/** The transport lab, which is fetched when somebody opens it. */
export function LabLoader() {
  useEffect(load, []);
  const Screen = screen.value;
  if (Screen === 'failed') return <ErrorCard kind="unknown" code="unreachable" onRetry={load} />;
  return Screen === undefined ? null : <Screen />;
}

function load(): void {
  if (typeof screen.peek() === 'function') return;
  screen.value = undefined;
  import('../lab/LabScreen.tsx').then(
    (chunk) => {
      screen.value = chunk.LabScreen;
    },
    () => {
      screen.value = 'failed';
    },
  );
}
