import * as api from '@teahouse/sdk/api';
import { ErrorCard } from '../components/ErrorCard.tsx';
import { useAsked } from '../parts/asked.ts';
import { type PageLink, Pages } from '../parts/Pages.tsx';
import { house } from '../state/house.ts';
import { may, me } from '../state/me.ts';
import { lastRoom, roomRoute } from '../state/route.ts';
import { AllRoomsPage, InvitesPage } from './AllRoomsPage.tsx';
import { BansPage } from './BansPage.tsx';
import { HouseSettingsPage } from './HouseSettingsPage.tsx';
import { LogPage } from './LogPage.tsx';
import { NowPage } from './NowPage.tsx';
import { PeoplePage } from './PeoplePage.tsx';
import { ReportsPage } from './ReportsPage.tsx';
import { adminWords } from './words.ts';

/** The house: for moderators and the owner. */
export function AdminScreen({ page }: { page: string }) {
  if (me.value === undefined) return null;
  if (!may('moderate') && !may('administer')) return <ErrorCard kind="not-found" />;
  return <AdminPages page={page} />;
}

function AdminPages({ page }: { page: string }) {
  const a = adminWords();
  const waiting = useAsked(() => api.reports(house()), page);
  const count = waiting.value?.reports.filter(({ decided }) => decided === undefined).length ?? 0;
  const links: PageLink[] = [
    { id: 'now', label: a.now, icon: 'pulse' },
    { id: 'people', label: a.people, icon: 'people' },
    { id: 'rooms', label: a.rooms, icon: 'hash' },
    { id: 'reports', label: a.reports, icon: 'flag', count },
    { id: 'invites', label: a.invites, icon: 'link' },
    { id: 'bans', label: a.bans, icon: 'lock' },
    { id: 'settings', label: a.settings, icon: 'gear' },
    { id: 'log', label: a.log, icon: 'clock' },
  ];
  const shown = links.find(({ id }) => id === page)?.id ?? 'now';
  return (
    <Pages
      title={a.title}
      links={links}
      page={page}
      to={(to) => ({ screen: 'admin', page: to })}
      home={roomRoute(lastRoom.value)}
    >
      {shown === 'now' && <NowPage />}
      {shown === 'people' && <PeoplePage />}
      {shown === 'rooms' && <AllRoomsPage />}
      {shown === 'reports' && <ReportsPage onDecided={() => void waiting.again()} />}
      {shown === 'invites' && <InvitesPage />}
      {shown === 'bans' && <BansPage />}
      {shown === 'settings' && <HouseSettingsPage />}
      {shown === 'log' && <LogPage />}
    </Pages>
  );
}
