import { signal } from '@preact/signals';
import type { FunctionComponent } from 'preact';
import { useEffect } from 'preact/hooks';
import { ErrorCard } from './ErrorCard.tsx';

const again_ms = 5000;

/**
 * A component that is fetched when it is drawn for the first time. Where that fails it says so and offers to try
 * again; a `quiet` one, without which the page still makes sense, tries again by itself.
 */
export function lazy<Props extends object>(
  fetchIt: () => Promise<FunctionComponent<Props>>,
  quiet = false,
): FunctionComponent<Props> {
  const found = signal<{ component?: FunctionComponent<Props>; failed?: true }>({});
  const load = () => {
    if (found.peek().component !== undefined) return;
    found.value = {};
    fetchIt().then(
      (component) => {
        found.value = { component };
      },
      () => {
        if (quiet) setTimeout(load, again_ms);
        else found.value = { failed: true };
      },
    );
  };
  return function Lazy(props) {
    useEffect(load, []);
    const { component: Found, failed } = found.value;
    if (failed) return <ErrorCard kind="unknown" code="unreachable" onRetry={load} />;
    return Found === undefined ? null : <Found {...props} />;
  };
}

/** At the foot of a phone's top-level screens; only a phone has it. */
export const TabBar = lazy(async () => (await import('../phone/TabBar.tsx')).TabBar, true);
