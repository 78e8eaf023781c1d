import type { Route } from '../state/route.ts';
import { ErrorCard } from './ErrorCard.tsx';
import { lazy } from './lazy.tsx';

const LabScreen = lazy(async () => (await import('../lab/LabScreen.tsx')).LabScreen);
const Setup = lazy(async () => (await import('../door/Setup.tsx')).Setup);
const CodeScreen = lazy(async () => (await import('../door/CodeScreen.tsx')).CodeScreen);
const ResetScreen = lazy(async () => (await import('../door/ResetScreen.tsx')).ResetScreen);
const InviteScreen = lazy(async () => (await import('../door/InviteScreen.tsx')).InviteScreen);
const SettingsScreen = lazy(
  async () => (await import('../settings/SettingsScreen.tsx')).SettingsScreen,
);
const RoomSettings = lazy(async () => (await import('../rooms/RoomSettings.tsx')).RoomSettings);
const AdminScreen = lazy(async () => (await import('../admin/AdminScreen.tsx')).AdminScreen);

/** Every screen but the room, its lists and the door: what leads to them is not needed to see a room either. */
export function OtherScreen({ to }: { to: Route }) {
  switch (to.screen) {
    case 'lab':
      return <LabScreen />;
    case 'setup':
      return <Setup token={to.token} />;
    case 'code':
      return <CodeScreen code={to.code} />;
    case 'reset':
      return <ResetScreen code={to.code} />;
    case 'invite':
      return <InviteScreen code={to.code} />;
    case 'settings':
      return <SettingsScreen page={to.page} />;
    case 'admin':
      return <AdminScreen page={to.page} />;
    case 'room-settings':
      return <RoomSettings address={to.room} page={to.page} />;
    default:
      return <ErrorCard kind="not-found" />;
  }
}
