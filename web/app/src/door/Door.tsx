import { useEffect } from 'preact/hooks';
import { Pile } from '../components/Avatar.tsx';
import { Brand } from '../components/Brand.tsx';
import { ErrorCard } from '../components/ErrorCard.tsx';
import { houseName } from '../state/house.ts';
import { followLink, go, mainRoom, type Route, roomRoute } from '../state/route.ts';
import { Corner } from './Corner.tsx';
import { doorway, leaveNothing, lookIn, seen } from './coming.ts';
import { InviteCode } from './InviteCode.tsx';
import { NameBox } from './NameBox.tsx';
import { Peek } from './Peek.tsx';
import { SignInBox } from './SignInBox.tsx';
import { doorWords } from './words.ts';
import './Door.css';

interface DoorProps {
  room: string;
  signIn: boolean;
}

/** The room seen from the doorway; where the composer will be, the name box. */
export function Door({ room, signIn }: DoorProps) {
  const d = doorWords();
  const view = seen.value;
  useEffect(() => void lookIn(room), [room]);
  // Who stands outside has left nothing behind.
  useEffect(() => void leaveNothing(), []);
  const name = view.state === 'ready' ? view.look.room.name : undefined;
  useEffect(() => {
    document.title = name === undefined ? houseName.value : `${name} · ${houseName.value}`;
  }, [name]);
  const admission = doorway.value?.admission ?? 'open';
  const signsIn = signIn || admission === 'accounts';
  const other: Route = { ...roomRoute(room), signIn: !signIn } as Route;
  // A house that is not open shows nothing of its rooms to who is nobody yet.
  const missing = view.state === 'missing' && room === mainRoom && admission === 'open';
  return (
    <div class="door">
      <header class="door-top">
        <Brand />
        <nav aria-label={d.page}>
          <Corner />
          {!missing && admission !== 'accounts' && (
            <a
              class="text-button"
              href={signIn ? `/r/${room}` : `/r/${room}?signin`}
              onClick={(e) => followLink(e, other)}
            >
              {signIn ? d.doorGuest : d.doorSignIn}
            </a>
          )}
        </nav>
      </header>
      <main class="door-main">
        {missing ? (
          <ErrorCard kind="not-found" />
        ) : (
          <>
            <DoorHead room={room} />
            <DoorPeek room={room} />
            {signsIn ? (
              <SignInBox room={room} />
            ) : admission === 'open' ? (
              <NameBox />
            ) : (
              <ByInvite />
            )}
            <p class="door-fine">{!signsIn && admission === 'open' && d.doorNoSignup}</p>
          </>
        )}
      </main>
    </div>
  );
}

/** The last lines, if the room lets anybody look; one that does not may be open to who comes in. */
function DoorPeek({ room }: { room: string }) {
  const d = doorWords();
  const view = seen.value;
  if (view.state === 'missing') {
    return (
      <section class="peek" aria-label={d.doorPeek}>
        <p class="peek-note">{d.doorHidden}</p>
      </section>
    );
  }
  return (
    <Peek
      messages={view.state === 'ready' ? view.look.messages : undefined}
      onRetry={view.state === 'failed' ? () => void lookIn(room) : undefined}
    />
  );
}

/** Guests need an invite: its code can be typed here. */
function ByInvite() {
  const d = doorWords();
  return (
    <div class="name-box">
      <h2>{d.doorInvited}</h2>
      <InviteCode onCode={(code) => go({ screen: 'invite', code })} />
    </div>
  );
}

/** Name, topic and who is here. */
function DoorHead({ room }: { room: string }) {
  const d = doorWords();
  const view = seen.value;
  const look = view.state === 'ready' ? view.look : undefined;
  const people = look?.here.people ?? [];
  const count = look?.here.count ?? 0;
  const names = people.slice(0, 2).map((person) => person.name);
  return (
    <div class="door-head">
      <h1>{look?.room.name ?? (view.state === 'missing' ? houseName.value : room)}</h1>
      <p class="door-topic">{look?.room.topic}</p>
      <p class="door-here">
        {look !== undefined && (
          <>
            <Pile people={people.slice(0, 4)} size={28} />
            <span>
              {names.length === 0 && count > 0
                ? d.doorCount(count)
                : d.doorHere(names, count - names.length)}
            </span>
          </>
        )}
      </p>
    </div>
  );
}
