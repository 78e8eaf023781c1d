import { useLayoutEffect, useState } from 'preact/hooks';
import { mainRoom, route } from '../state/route.ts';
import { visit } from '../state/visit.ts';
import { Announcer } from './Announcer.tsx';
import { Door } from './Door.tsx';
import { EndedDialog } from './EndedDialog.tsx';
import { ErrorCard } from './ErrorCard.tsx';
import { Sprite } from './Icon.tsx';
import { LabLoader } from './LabLoader.tsx';
import { RoomScreen } from './RoomScreen.tsx';
import { Setup } from './Setup.tsx';

/** Which screen the address and the visit ask for. */
export function App() {
  return (
    <>
      <Sprite />
      <Screen />
      <EndedDialog />
      <Announcer />
    </>
  );
}

function Screen() {
  const to = route.value;
  if (to.screen === 'missing') return <ErrorCard kind="not-found" />;
  if (to.screen === 'lab') return <LabLoader />;
  if (to.screen === 'setup') return <Setup token={to.token} />;
  const room = to.screen === 'room' ? to.room : mainRoom;
  const signIn = to.screen === 'room' && to.signIn;
  return <Threshold room={room} listing={to.screen === 'rooms'} signIn={signIn} />;
}

interface ThresholdProps {
  room: string;
  listing: boolean;
  signIn: boolean;
}

/**
 * Door and room. Coming in draws the room behind the door first, so that the composer can take the focus from
 * the name box while that still has it: a phone's keyboard stays open. Only then does the door go.
 */
function Threshold({ room, listing, signIn }: ThresholdProps) {
  const inside = visit.value === 'inside';
  const outside = visit.value === 'outside';
  const [atDoor, setAtDoor] = useState(outside);
  useLayoutEffect(() => {
    setAtDoor(outside);
  }, [outside]);
  return (
    <>
      {inside && <RoomScreen room={room} listing={listing && !atDoor} fresh={atDoor} />}
      {(outside || atDoor) && !(inside && !atDoor) && <Door room={room} signIn={signIn} />}
    </>
  );
}
