import { useState } from 'preact/hooks';
import { words } from '../i18n/language.ts';
import { lazy } from './lazy.tsx';

const WireFacts = lazy(async () => (await import('./later.ts')).WireFacts);

/** Opens from the chip, or on a phone from the header. What stands in it is not needed before. */
export function WireCard({ id }: { id: string }) {
  const [open, setOpen] = useState(false);
  return (
    <div
      id={id}
      class="wire-card"
      popover="auto"
      role="dialog"
      aria-label={words().wireTitle}
      onToggle={(event) => setOpen(event.newState === 'open')}
    >
      {open && <WireFacts />}
    </div>
  );
}
