import { useLayoutEffect, useState } from 'preact/hooks';
import { ended, you } from '../state/house.ts';
import { overlay, toast } from '../state/overlay.ts';
import { lastRoom, type Route, route } from '../state/route.ts';
import { idle } from '../state/screen.ts';
import { visit } from '../state/visit.ts';
import { Announcer } from './Announcer.tsx';
import { ErrorCard } from './ErrorCard.tsx';
import { Sprite } from './Icon.tsx';
import { lazy } from './lazy.tsx';
import { RoomScreen } from './RoomScreen.tsx';

const Door = lazy(async () => (await import('../door/Door.tsx')).Door);
const MoreSprite = lazy(async () => (await import('./MoreSprite.tsx')).MoreSprite, true);
const Keys = lazy(async () => (await import('../keys/later.ts')).Keys, true);
const EndedDialog = lazy(async () => (await import('./later.ts')).EndedDialog);
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
const Over = lazy(async () => (await import('../rooms/Over.tsx')).Over);

/** Which screen the address and the visit ask for. */
export function App() {
  return (
    <>
      <Sprite />
      <MoreSprite />
      <Screen />
      {overlay.value !== undefined && <Over />}
      {visit.value === 'inside' && idle.value && <Keys />}
      {ended.value !== undefined && you.value !== undefined && <EndedDialog />}
      <Announcer />
      <p class="toast" role="status">
        {toast.value}
      </p>
    </>
  );
}

function Screen() {
  const to = route.value;
  switch (to.screen) {
    case 'missing':
      return <ErrorCard kind="not-found" />;
    case 'lab':
      return <LabScreen />;
    case 'setup':
      return <Setup token={to.token} />;
    case 'code':
      return <CodeScreen code={to.code} />;
    case 'reset':
      return <ResetScreen code={to.code} />;
    default:
      return <Threshold to={to} />;
  }
}

/**
 * Door and room. Coming in draws the room behind the door first, so that the composer can take the focus from
 * the name box while that still has it: a phone's keyboard stays open. Only then does the door go.
 */
function Threshold({ to }: { to: Route }) {
  const inside = visit.value === 'inside';
  const outside = visit.value === 'outside';
  const [atDoor, setAtDoor] = useState(outside);
  useLayoutEffect(() => {
    setAtDoor(outside);
  }, [outside]);
  return (
    <>
      {inside && <Inside to={to} atDoor={atDoor} />}
      {(outside || atDoor) && !(inside && !atDoor) && <Outside to={to} />}
    </>
  );
}

function Inside({ to, atDoor }: { to: Route; atDoor: boolean }) {
  switch (to.screen) {
    case 'settings':
      return <SettingsScreen page={to.page} />;
    case 'admin':
      return <AdminScreen page={to.page} />;
    case 'room-settings':
      return <RoomSettings address={to.room} page={to.page} />;
    case 'invite':
      return <InviteScreen code={to.code} />;
    case 'rooms':
      return (
        <RoomScreen address={lastRoom.value} listing={atDoor ? undefined : to} fresh={atDoor} />
      );
    default:
      return <RoomScreen address={addressOfRoom(to)} listing={undefined} fresh={atDoor} />;
  }
}

function Outside({ to }: { to: Route }) {
  const signIn = to.screen === 'room' && to.signIn;
  if (to.screen === 'invite') return <InviteScreen code={to.code} />;
  return <Door room={addressOfRoom(to)} signIn={signIn} />;
}

function addressOfRoom(to: Route): string {
  return to.screen === 'room' || to.screen === 'room-settings' ? to.room : lastRoom.peek();
}
