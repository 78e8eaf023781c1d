import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { Icon } from '../components/Icon.tsx';
import { words } from '../i18n/language.ts';
import type { IconName } from '../icons.ts';
import { partWords } from '../parts/words.ts';
import { anyUnread, saidToYou } from '../state/rooms.ts';
import { addressOf, followLink, type Route } from '../state/route.ts';
import { followLines } from './lines.ts';
import './TabBar.css';

/** Which of the screens that have it is shown. */
export type Tab = 'rooms' | 'calls' | 'search' | 'you';

/** At the foot of a phone's top-level screens: the rooms, what was said to you, searching, yourself. */
export function TabBar({ current }: { current: Tab }) {
  const t = words();
  const p = partWords();
  const tab = { current };
  useEffect(() => (current === 'rooms' ? followLines() : undefined), [current]);
  return (
    <nav class="tabs" aria-label={p.tabs}>
      <TabLink {...tab} tab="rooms" icon="hash" text={t.rooms} to={{ screen: 'rooms', all: false }}>
        {anyUnread.value && <i class="tab-dot" role="img" aria-label={t.roomNew} />}
      </TabLink>
      <TabLink {...tab} tab="calls" icon="at" text={t.forYou} to={{ screen: 'you' }}>
        <Said />
      </TabLink>
      <TabLink
        {...tab}
        tab="search"
        icon="search"
        text={t.search}
        to={{ screen: 'search', q: '' }}
      />
      <TabLink
        {...tab}
        tab="you"
        icon="gear"
        text={p.pageYou}
        to={{ screen: 'settings', page: '' }}
      />
    </nav>
  );
}

/** How much was said to you, in all rooms. */
function Said() {
  const count = saidToYou.value;
  if (count === 0) return null;
  return (
    <b class="badge" role="img" aria-label={words().roomSaid(count)}>
      {count > 99 ? '99+' : count}
    </b>
  );
}

interface TabLinkProps {
  tab: Tab;
  current: Tab;
  icon: IconName;
  text: string;
  to: Route;
  children?: ComponentChildren;
}

function TabLink({ tab, current, icon, text, to, children }: TabLinkProps) {
  return (
    <a
      href={addressOf(to)}
      aria-current={tab === current ? 'page' : undefined}
      onClick={(event) => followLink(event, to)}
    >
      <span class="tab-icon">
        <Icon name={icon} size={20} />
        {children}
      </span>
      <span>{text}</span>
    </a>
  );
}
