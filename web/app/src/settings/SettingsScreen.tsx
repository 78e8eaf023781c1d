import { useEffect } from 'preact/hooks';
import { NotificationsPage } from '../calls/NotificationsPage.tsx';
import { callWords } from '../calls/words.ts';
import { type PageLink, Pages } from '../parts/Pages.tsx';
import { partWords } from '../parts/words.ts';
import { TabBar } from '../phone/TabBar.tsx';
import { refreshMe } from '../state/me.ts';
import { lastRoom, roomRoute } from '../state/route.ts';
import { phone } from '../state/screen.ts';
import { AboutPage } from './AboutPage.tsx';
import { DataPage } from './DataPage.tsx';
import { DevicesPage } from './DevicesPage.tsx';
import { LookPage } from './LookPage.tsx';
import { TransportPage } from './TransportPage.tsx';
import { AccessPage, ComposerPage } from './UsePages.tsx';
import { settingWords } from './words.ts';
import { YouHead, YouOut } from './YouCard.tsx';
import { YouPage } from './YouPage.tsx';

/** One's own settings. */
export function SettingsScreen({ page }: { page: string }) {
  const p = partWords();
  const w = settingWords();
  useEffect(() => void refreshMe(), []);
  const links: PageLink[] = [
    { id: 'you', label: p.pageYou, icon: 'people' },
    { id: 'look', label: p.pageLook, icon: 'sun' },
    { id: 'notifications', label: callWords().page, icon: 'bell' },
    { id: 'composer', label: w.composer, icon: 'pencil' },
    { id: 'access', label: w.access, icon: 'eye' },
    { id: 'devices', label: p.pageDevices, icon: 'key' },
    { id: 'transport', label: w.transport, icon: 'pulse' },
    { id: 'data', label: p.pageData, icon: 'file' },
    { id: 'about', label: w.about, icon: 'house' },
  ];
  const shown = links.find(({ id }) => id === page)?.id ?? 'you';
  return (
    <Pages
      title={phone.value ? p.pageYou : p.menuSettings}
      links={links}
      page={page}
      to={(to) => ({ screen: 'settings', page: to })}
      home={roomRoute(lastRoom.value)}
      over={<YouHead />}
      under={<YouOut />}
      foot={<TabBar current="you" />}
    >
      {shown === 'you' && <YouPage />}
      {shown === 'devices' && <DevicesPage />}
      {shown === 'notifications' && <NotificationsPage />}
      {shown === 'look' && <LookPage />}
      {shown === 'composer' && <ComposerPage />}
      {shown === 'access' && <AccessPage />}
      {shown === 'transport' && <TransportPage />}
      {shown === 'data' && <DataPage />}
      {shown === 'about' && <AboutPage />}
    </Pages>
  );
}
