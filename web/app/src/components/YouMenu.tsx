import type { Person } from '@teahouse/sdk';
import { useState } from 'preact/hooks';
import { words } from '../i18n/language.ts';
import { partWords } from '../parts/words.ts';
import { wire, you } from '../state/house.ts';
import { Avatar } from './Avatar.tsx';
import { Icon } from './Icon.tsx';
import { lazy } from './lazy.tsx';
import './YouMenu.css';

const YouCard = lazy(async () => (await import('../settings/YouCard.tsx')).YouCard);

/** Whether one is away, else that one is a guest, or here. */
function standing(t: ReturnType<typeof words>, person: Person): string {
  if (person.away) return partWords().steppedAway;
  return person.role === undefined ? t.roleGuest : partWords().hereNow;
}

/** You, at the foot of the sidebar; pressing it opens the ways to the settings, the look and the way out. */
export function YouMenu() {
  const t = words();
  const person = you.value;
  const [open, setOpen] = useState(false);
  if (person === undefined) return <div class="you" />;
  return (
    <div class="you">
      <button type="button" class="you-button" popovertarget="you-menu">
        <Avatar person={person} here={wire.value === 'live'} />
        <span class="you-name">
          <b>{person.name}</b>
          <small>{standing(t, person)}</small>
        </span>
        <span class="sr">{partWords().menuYou}</span>
        <Icon name="gear" />
      </button>
      <div
        id="you-menu"
        class="you-menu"
        popover="auto"
        role="dialog"
        aria-label={partWords().menuYou}
        onToggle={(event) => setOpen(event.newState === 'open')}
      >
        {open && <YouCard />}
      </div>
    </div>
  );
}
