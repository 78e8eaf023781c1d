import { useState } from 'preact/hooks';
import { Avatar } from '../components/Avatar.tsx';
import { Button } from '../components/Button.tsx';
import { FieldError } from '../components/FieldError.tsx';
import { Icon } from '../components/Icon.tsx';
import { roleWord } from '../components/PeoplePanel.tsx';
import { words } from '../i18n/language.ts';
import type { IconName } from '../icons.ts';
import { useAct } from '../parts/asked.ts';
import { stepAway } from '../parts/away.ts';
import { partWords } from '../parts/words.ts';
import { you } from '../state/house.ts';
import { leaveHouse } from '../state/leaving.ts';
import { may } from '../state/me.ts';
import { addressOf, followLink, type Route } from '../state/route.ts';
import { LookChoices } from './LookChoices.tsx';
import './YouCard.css';

/** What opens at the foot of the sidebar: the ways to the settings, the look, and the way out. */
export function YouCard() {
  const [asked, setAsked] = useState(false);
  return (
    <>
      <Away />
      <Ways />
      <LookChoices />
      <Leaving asked={asked} onAsk={setAsked} />
    </>
  );
}

/** On a phone, over the list of the settings: who you are. */
export function YouHead() {
  const person = you.value;
  if (person === undefined) return null;
  return (
    <div class="you-head">
      <Avatar person={person} size={64} here />
      <p>
        <b>
          <bdi>{person.name}</bdi>
        </b>
        <small>{roleWord(words(), person)}</small>
      </p>
    </div>
  );
}

/** On a phone, under it: the way to the house for who may, and the way out. */
export function YouOut() {
  const [asked, setAsked] = useState(false);
  return (
    <div class="you-under">
      {mayRun() && (
        <Way to={{ screen: 'admin', page: '' }} icon="house" text={partWords().menuHouse} />
      )}
      <Away />
      <Leaving asked={asked} onAsk={setAsked} />
    </div>
  );
}

function mayRun(): boolean {
  return may('moderate') || may('administer');
}

/** Away or back, as everybody sees it. */
function Away() {
  const p = partWords();
  const { act } = useAct();
  const away = you.value?.away ?? false;
  return (
    <Button onPress={() => void act(() => stepAway(!away))}>
      {away ? p.stepBack : p.stepAway}
    </Button>
  );
}

/** The ways to one's own settings and, for who may, to the house's. */
function Ways() {
  const p = partWords();
  const guest = you.value?.role === undefined;
  return (
    <div class="you-ways">
      <Way to={{ screen: 'settings', page: '' }} icon="gear" text={p.menuSettings} />
      {guest && <Way to={{ screen: 'settings', page: 'you' }} icon="key" text={p.menuClaim} />}
      {mayRun() && <Way to={{ screen: 'admin', page: '' }} icon="house" text={p.menuHouse} />}
    </div>
  );
}

function Way({ to, icon, text }: { to: Route; icon: IconName; text: string }) {
  return (
    <a
      class="text-button"
      href={addressOf(to)}
      onClick={(event) => {
        document.getElementById('you-menu')?.hidePopover();
        followLink(event, to);
      }}
    >
      <Icon name={icon} />
      {text}
    </a>
  );
}

/** The way out, asked once. */
function Leaving({ asked, onAsk }: { asked: boolean; onAsk: (asked: boolean) => void }) {
  const p = partWords();
  const { act, busy, fault } = useAct();
  const guest = you.value?.role === undefined;
  if (!asked) {
    return (
      <div class="you-out">
        <button type="button" class="text-button" onClick={() => onAsk(true)}>
          {guest ? p.menuLeave : p.menuSignOut}
        </button>
        <a class="text-button" href="/licenses.txt" target="_blank" rel="noopener">
          {p.menuLicences}
        </a>
      </div>
    );
  }
  return (
    <div class="you-ask">
      <p>{guest ? p.menuLeaveAsk : p.menuSignOutAsk}</p>
      <FieldError id="leave-error" text={fault && p.menuStillIn(fault)} />
      <button
        type="button"
        class="button"
        aria-disabled={busy}
        onClick={() => void act(leaveHouse)}
      >
        {guest ? p.menuLeave : p.menuSignOut}
      </button>
      <Button primary onPress={() => onAsk(false)}>
        {p.menuLeaveStay}
      </Button>
    </div>
  );
}
