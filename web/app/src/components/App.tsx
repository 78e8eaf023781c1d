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
const OtherScreen = lazy(async () => (await import('./OtherScreen.tsx')).OtherScreen);
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
    case 'setup':
    case 'code':
    case 'reset':
      return <OtherScreen to={to} />;
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
    case 'admin':
    case 'room-settings':
    case 'invite':
      return <OtherScreen to={to} />;
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
  if (to.screen === 'invite') return <OtherScreen to={to} />;
  return <Door room={addressOfRoom(to)} signIn={signIn} />;
}

function addressOfRoom(to: Route): string {
  return to.screen === 'room' || to.screen === 'room-settings' ? to.room : lastRoom.peek();
}
