import { TeahouseError } from '@teahouse/sdk';
import * as api from '@teahouse/sdk/api';
import { useEffect, useState } from 'preact/hooks';
import { Avatar } from '../components/Avatar.tsx';
import { Button } from '../components/Button.tsx';
import { FieldError } from '../components/FieldError.tsx';
import { words } from '../i18n/language.ts';
import { house, you } from '../state/house.ts';
import { codeOf } from '../state/me.ts';
import { addressFor } from '../state/rooms.ts';
import { go, mainRoom, roomRoute } from '../state/route.ts';
import { visit } from '../state/visit.ts';
import { takeInvite } from './coming.ts';
import { DoorPage } from './DoorPage.tsx';
import { NameBox } from './NameBox.tsx';
import { SignInBox } from './SignInBox.tsx';
import { doorWords } from './words.ts';
import './InviteScreen.css';

type Found = { view: api.InviteView } | { ended: string } | { failed: true } | undefined;

/** Who invites whom where: outside the name box, inside one button. An ended invite says whom to ask. */
export function InviteScreen({ code }: { code: string }) {
  const t = words();
  const d = doorWords();
  const [found, setFound] = useState<Found>();
  const look = () => void readInvite(code).then(setFound);
  useEffect(look, [code]);
  if (found === undefined) return null;
  if ('failed' in found) {
    return (
      <DoorPage title={d.doorUnreachable}>
        <Button onPress={look}>{t.errorRetry}</Button>
      </DoorPage>
    );
  }
  if ('ended' in found) {
    return (
      <DoorPage title={d.inviteExpired(found.ended)}>
        <Button onPress={() => go(roomRoute(mainRoom), true)}>{d.inviteLook}</Button>
      </DoorPage>
    );
  }
  return <Invitation code={code} view={found.view} />;
}

function Invitation({ code, view }: { code: string; view: api.InviteView }) {
  const d = doorWords();
  const t = words();
  const { room, by } = view;
  const [fault, setFault] = useState<string | undefined>();
  const [signsIn, setSignsIn] = useState(false);
  const enter = async () => {
    try {
      await takeInvite(code, room.id);
      go(roomRoute(addressFor(room.id)), true);
    } catch (error) {
      setFault(
        codeOf(error) === 'not_found' ? d.inviteExpired(by.name) : t.errorUnknown(codeOf(error)),
      );
    }
  };
  return (
    <DoorPage title={d.inviteTitle(by.name, room.name)}>
      <p class="invite-by">
        <Avatar person={by} />
        <span>{room.topic}</span>
      </p>
      {visit.value === 'inside' ? (
        <button class="send" type="button" onClick={() => void enter()}>
          {d.doorEnter}
          {you.value !== undefined && <span class="sr"> {you.value.name}</span>}
        </button>
      ) : signsIn ? (
        <SignInBox room={addressFor(room.id)} />
      ) : (
        <NameBox invite={code} onInside={() => void enter()} />
      )}
      <FieldError id="invite-error" text={fault} />
      {visit.value !== 'inside' && (
        <button class="text-button" type="button" onClick={() => setSignsIn(!signsIn)}>
          {signsIn ? d.doorGuest : d.inviteMember}
        </button>
      )}
    </DoorPage>
  );
}

async function readInvite(code: string): Promise<Found> {
  try {
    const view = await api.invite(house(), code);
    return { view };
  } catch (error) {
    const by = error instanceof TeahouseError ? (error.by?.name ?? '') : '';
    return codeOf(error) === 'unreachable' ? { failed: true } : { ended: by };
  }
}
