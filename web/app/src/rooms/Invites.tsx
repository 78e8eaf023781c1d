import * as api from '@teahouse/sdk/api';
import { useState } from 'preact/hooks';
import { FieldError } from '../components/FieldError.tsx';
import { useAct } from '../parts/asked.ts';
import { CopyLine, whole } from '../parts/CopyLine.tsx';
import { Choice } from '../parts/Field.tsx';
import { partWords } from '../parts/words.ts';
import { house } from '../state/house.ts';

const hours = ['1', '24', '168', '720', ''] as const;
const uses = ['1', '5', '25', '100', ''] as const;

interface NewInviteProps {
  room: string;
  onMade: () => void;
}

/** How long and how often a new invite holds; then its link, to copy or to photograph. */
export function NewInvite({ room, onMade }: NewInviteProps) {
  const p = partWords();
  const { act, busy, fault } = useAct();
  const [lasts, setLasts] = useState<string>('168');
  const [often, setOften] = useState<string>('');
  const [made, setMade] = useState<api.Invite | undefined>();
  const make = () =>
    act(async () => {
      const wish = {
        ...(lasts !== '' && { hours: Number(lasts) }),
        ...(often !== '' && { uses: Number(often) }),
      };
      const { invites } = await api.makeInvite(house(), room, wish);
      setMade(invites[0]);
      onMade();
    });
  if (made !== undefined) return <CopyLine label={p.inviteLink} text={whole(made.url)} qr />;
  return (
    <>
      <Choice
        label={p.inviteLasts}
        value={lasts}
        choices={hours.map((value) => ({ value, label: p.hours(value) }))}
        onChoose={setLasts}
      />
      <Choice
        label={p.inviteUses}
        value={often}
        choices={uses.map((value) => ({ value, label: p.uses(value) }))}
        onChoose={setOften}
      />
      <FieldError id="invite-error" text={fault} />
      <div class="actions end">
        <button type="button" class="button primary" aria-disabled={busy} onClick={make}>
          {p.inviteMake}
        </button>
      </div>
    </>
  );
}

interface InviteListProps {
  invites: readonly api.HouseInvite[];
  onEnded: () => void;
  /** The name of the room, where the invites are of several. */
  roomName?: (id: string) => string;
}

/** The invites that hold: who made them, until when, how often they may still be used. */
export function InviteList({ invites, onEnded, roomName }: InviteListProps) {
  const p = partWords();
  const { act, busy, fault } = useAct();
  const end = async (id: api.Id) => {
    if (await act(() => api.endInvite(house(), id))) onEnded();
  };
  if (invites.length === 0) return <p class="empty-note">{p.invitesNone}</p>;
  return (
    <>
      <FieldError id="invites-error" text={fault} />
      <ul class="things">
        {invites.map((invite) => (
          <li key={invite.id}>
            <span class="thing-text">
              {roomName !== undefined && <b>{roomName(invite.room)}</b>}
              <small>{p.inviteBy(invite.by.name, invite.until, invite.uses_left)}</small>
            </span>
            {invite.url !== undefined && <CopyLine label={p.inviteLink} text={whole(invite.url)} />}
            <button
              type="button"
              class="button danger-button"
              aria-disabled={busy}
              onClick={() => void end(invite.id)}
            >
              {p.inviteEnd}
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}
