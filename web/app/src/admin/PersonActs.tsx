import type { Person } from '@teahouse/sdk';
import * as api from '@teahouse/sdk/api';
import { useState } from 'preact/hooks';
import { Button } from '../components/Button.tsx';
import { FieldError } from '../components/FieldError.tsx';
import { words } from '../i18n/language.ts';
import { useAct } from '../parts/asked.ts';
import { CopyLine, whole } from '../parts/CopyLine.tsx';
import { Duration } from '../parts/Duration.tsx';
import { Choice } from '../parts/Field.tsx';
import { partWords } from '../parts/words.ts';
import { house, you } from '../state/house.ts';
import { may } from '../state/me.ts';
import { tell } from '../state/overlay.ts';
import { adminWords } from './words.ts';

type Asking = 'ban' | 'removeAll' | 'erase' | 'signOut' | undefined;

interface PersonActsProps {
  entry: api.AdminPerson;
  onChanged: () => void;
}

/** Role, reset link, signing out, ban, deleting. What cannot be taken back is asked once more. */
export function PersonActs({ entry, onChanged }: PersonActsProps) {
  const a = adminWords();
  const { person } = entry;
  const { act, busy, fault } = useAct();
  const [asking, setAsking] = useState<Asking>();
  const [minutes, setMinutes] = useState<number | undefined>(undefined);
  const isMe = person.id === you.value?.id;
  const run = async (what: Exclude<Asking, undefined>) => {
    const wish = { person: person.id, ...(minutes !== undefined && { minutes }) };
    const acts = {
      ban: () => api.ban(house(), wish),
      removeAll: () => api.removeMessages(house(), person.id),
      erase: () => api.erasePerson(house(), person.id),
      signOut: () => api.signOutPerson(house(), person.id),
    };
    if (!(await act(acts[what]))) return;
    setAsking(undefined);
    tell(a.done);
    onChanged();
  };
  const choices: Exclude<Asking, undefined>[] = ['signOut', 'ban', 'removeAll'];
  if (may('administer')) choices.push('erase');
  return (
    <div class="person-acts">
      {may('administer') && person.role !== undefined && !isMe && (
        <RoleForm person={person} onChanged={onChanged} />
      )}
      {person.role !== undefined && <ResetForm person={person} />}
      {!isMe && asking === undefined && (
        <div class="thing-acts">
          {choices.map((what) => (
            <button
              key={what}
              type="button"
              class={what === 'signOut' ? 'button' : 'button danger-button'}
              onClick={() => setAsking(what)}
            >
              {a[what]}
            </button>
          ))}
        </div>
      )}
      {asking === 'ban' && <Duration label={a.ban} minutes={minutes} onChoose={setMinutes} />}
      {asking !== undefined && (
        <div class="thing-acts">
          <span class="thing-text">
            {a[asking]}: {a.sure}
          </span>
          <Button onPress={() => setAsking(undefined)}>{partWords().menuLeaveStay}</Button>
          <button
            type="button"
            class="button danger-fill"
            aria-disabled={busy}
            onClick={() => void run(asking)}
          >
            {a[asking]}
          </button>
        </div>
      )}
      <FieldError id={`acts-${person.id}`} text={fault} />
    </div>
  );
}

type NewRole = 'member' | 'moderator' | 'owner';

function RoleForm({ person, onChanged }: { person: Person; onChanged: () => void }) {
  const a = adminWords();
  const t = words();
  const { act, busy, fault } = useAct();
  const [role, setRole] = useState<NewRole>(person.role ?? 'member');
  const names = { member: t.roleMember, moderator: t.roleModerator, owner: t.roleOwner };
  const set = async () => {
    if (await act(() => api.setRole(house(), person.id, role))) onChanged();
  };
  return (
    <div>
      <Choice
        label={a.role}
        value={role}
        choices={(['member', 'moderator', 'owner'] as const).map((value) => ({
          value,
          label: names[value],
        }))}
        onChoose={setRole}
      />
      {role !== person.role && (
        <>
          {role === 'owner' && <p class="hint">{a.roleHand(person.name)}</p>}
          <button
            type="button"
            class={role === 'owner' ? 'button danger-fill' : 'button primary'}
            aria-disabled={busy}
            onClick={() => void set()}
          >
            {a.roleSet}
          </button>
        </>
      )}
      <FieldError id={`role-${person.id}`} text={fault} />
    </div>
  );
}

function ResetForm({ person }: { person: Person }) {
  const a = adminWords();
  const { act, busy, fault } = useAct();
  const [link, setLink] = useState<api.ResetLink | undefined>();
  const make = () => act(async () => setLink(await api.resetLink(house(), person.id)));
  if (link !== undefined) {
    return (
      <div>
        <p class="hint">{a.resetLead(link.until)}</p>
        <CopyLine label={a.reset} text={whole(link.url)} />
      </div>
    );
  }
  return (
    <div>
      <button type="button" class="button" aria-disabled={busy} onClick={make}>
        {a.reset}
      </button>
      <FieldError id={`reset-${person.id}`} text={fault} />
    </div>
  );
}
