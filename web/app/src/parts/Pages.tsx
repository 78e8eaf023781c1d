import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { IconButton } from '../components/Button.tsx';
import { Icon } from '../components/Icon.tsx';
import type { IconName } from '../icons.ts';
import { houseName } from '../state/house.ts';
import { addressOf, followLink, go, goBack, type Route } from '../state/route.ts';
import { phone } from '../state/screen.ts';
import { partWords } from './words.ts';
import './Pages.css';
import './parts.css';

export interface PageLink {
  id: string;
  label: string;
  icon: IconName;
  /** How many things wait there. */
  count?: number;
}

interface PagesProps {
  title: string;
  links: readonly PageLink[];
  /** The page in the address; empty for the list itself, which on a desktop shows the first page. */
  page: string;
  to: (page: string) => Route;
  /** Where closing leads. */
  home: Route;
  /** On a phone the list may be a top-level screen: what stands over it, under it and at the foot of the screen. */
  over?: ComponentChildren;
  under?: ComponentChildren;
  foot?: ComponentChildren;
  children: ComponentChildren;
}

/** Several pages under one title: a list beside the page; on a phone the list, then the page. */
export function Pages({ title, links, page, to, home, children, ...parts }: PagesProps) {
  const main = useRef<HTMLElement>(null);
  const shown = links.find(({ id }) => id === page) ?? links[0];
  const listing = phone.value && page === '';
  const around = listing && parts.foot !== undefined ? parts : undefined;
  const heading = listing ? title : (shown?.label ?? title);
  useEffect(() => {
    document.title = `${heading} · ${houseName.value}`;
    const isLost = document.activeElement === document.body || document.activeElement === null;
    if (isLost) main.current?.focus();
    const close = (event: KeyboardEvent) => {
      if (event.key === 'Escape' && !event.defaultPrevented && noDialog()) go(home);
    };
    document.addEventListener('keydown', close);
    return () => document.removeEventListener('keydown', close);
  }, [heading]);
  const list = (
    <div class="pages-list">
      {around?.over}
      <nav aria-label={title}>
        <ul>
          {links.map((link) => (
            <li key={link.id}>
              <PageRow link={link} to={to(link.id)} current={!listing && link === shown} />
            </li>
          ))}
        </ul>
      </nav>
      {around?.under}
    </div>
  );
  return (
    <div class="pages">
      <header class="pages-head">
        {around === undefined && (
          <IconButton
            icon={phone.value ? 'cleft' : 'x'}
            label={phone.value ? partWords().back : partWords().close}
            onPress={() => (phone.peek() && page !== '' ? goBack(to('')) : go(home))}
          />
        )}
        <b>{phone.value && !listing ? heading : title}</b>
      </header>
      <div class="pages-body">
        {(!phone.value || listing) && list}
        <main class="pages-main" tabIndex={-1} ref={main} key={page}>
          <h1 class={listing ? 'sr' : undefined}>{heading}</h1>
          {!listing && children}
        </main>
      </div>
      {around?.foot}
    </div>
  );
}

function noDialog(): boolean {
  return document.querySelector('dialog[open], [popover]:popover-open') === null;
}

function PageRow({ link, to, current }: { link: PageLink; to: Route; current: boolean }) {
  return (
    <a
      class="pages-row"
      href={addressOf(to)}
      aria-current={current ? 'page' : undefined}
      onClick={(event) => followLink(event, to)}
    >
      <Icon name={link.icon} />
      <span>{link.label}</span>
      {link.count !== undefined && link.count > 0 && <b class="badge">{link.count}</b>}
    </a>
  );
}
