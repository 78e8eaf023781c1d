import { useEffect } from 'preact/hooks';
import { words } from '../i18n/language.ts';
import { houseName } from '../state/house.ts';
import { followLink, type Route, roomRoute } from '../state/route.ts';
import { lookIn, seen } from '../state/visit.ts';
import { Pile } from './Avatar.tsx';
import { Brand } from './Brand.tsx';
import { Corner } from './Corner.tsx';
import { ErrorCard } from './ErrorCard.tsx';
import { NameBox } from './NameBox.tsx';
import { Peek } from './Peek.tsx';
import { SignInBox } from './SignInBox.tsx';
import './Door.css';

interface DoorProps {
  room: string;
  signIn: boolean;
}

/** The room seen from the doorway; where the composer will be, the name box. */
export function Door({ room, signIn }: DoorProps) {
  const t = words();
  const view = seen.value;
  useEffect(() => void lookIn(room), [room]);
  const name = view.state === 'ready' ? view.look.room.name : undefined;
  useEffect(() => {
    document.title = name === undefined ? houseName.value : `${name} · ${houseName.value}`;
  }, [name]);
  const other: Route = { ...roomRoute(room), signIn: !signIn } as Route;
  const missing = view.state === 'missing';
  return (
    <div class="door">
      <header class="door-top">
        <Brand />
        <nav aria-label={t.page}>
          <Corner />
          {!missing && (
            <a
              class="text-button"
              href={signIn ? `/r/${room}` : `/r/${room}?signin`}
              onClick={(e) => followLink(e, other)}
            >
              {signIn ? t.doorGuest : t.doorSignIn}
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
            <Peek
              messages={view.state === 'ready' ? view.look.messages : undefined}
              onRetry={view.state === 'failed' ? () => void lookIn(room) : undefined}
            />
            {signIn ? <SignInBox /> : <NameBox />}
            <p class="door-fine">{!signIn && t.doorNoSignup}</p>
          </>
        )}
      </main>
    </div>
  );
}

/** Name, topic and who is here. */
function DoorHead({ room }: { room: string }) {
  const t = words();
  const view = seen.value;
  const look = view.state === 'ready' ? view.look : undefined;
  const people = look?.here.people ?? [];
  const count = look?.here.count ?? 0;
  const names = people.slice(0, 2).map((person) => person.name);
  return (
    <div class="door-head">
      <h1>{look?.room.name ?? room}</h1>
      <p class="door-topic">{look?.room.topic}</p>
      <p class="door-here">
        {look !== undefined && (
          <>
            <Pile people={people.slice(0, 4)} size={28} />
            <span>
              {names.length === 0 && count > 0
                ? t.doorCount(count)
                : t.doorHere(names, count - names.length)}
            </span>
          </>
        )}
      </p>
    </div>
  );
}
