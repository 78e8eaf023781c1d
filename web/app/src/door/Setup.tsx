import * as api from '@teahouse/sdk/api';
import { useState } from 'preact/hooks';
import { FieldError } from '../components/FieldError.tsx';
import { PasswordField } from '../components/PasswordField.tsx';
import { Segmented } from '../components/Segmented.tsx';
import { house } from '../state/house.ts';
import { go, mainRoom, roomRoute } from '../state/route.ts';
import { nameFault } from '../text/names.ts';
import { comeInBy, passwordMin, type Refusal } from './coming.ts';
import { DoorPage } from './DoorPage.tsx';
import { refusalText } from './faults.ts';
import { addPasskey, canPasskey, deviceName } from './passkeys.ts';
import { useForm } from './useForm.ts';
import { doorWords } from './words.ts';

type How = 'passkey' | 'password';

/** The owner's first step, once, from the link in the terminal. Ends in the room. */
export function Setup({ token }: { token: string }) {
  const d = doorWords();
  return (
    <DoorPage title={d.setupTitle}>
      {token === '' ? <p class="door-lead">{d.setupNoToken}</p> : <SetupForm token={token} />}
    </DoorPage>
  );
}

function SetupForm({ token }: { token: string }) {
  const d = doorWords();
  const [how, setHow] = useState<How>('password');
  const [admission, setAdmission] = useState<api.Admission>('open');
  const { why, busy, form } = useForm({
    send: (field) =>
      openHouse(how, {
        token,
        admission,
        name: field('name'),
        house: field('house'),
        password: field('password'),
      }),
    done: () => go(roomRoute(mainRoom), true),
    cure: (refusal) => (isAboutPassword(refusal) ? '#setup-password' : '#setup-name'),
  });
  const aboutName = why !== undefined && !isAboutPassword(why);
  return (
    <form {...form}>
      <p class="door-lead">{d.setupLead}</p>
      <label for="setup-house">{d.setupHouse}</label>
      <input
        class="text-field"
        id="setup-house"
        name="house"
        autocomplete="off"
        defaultValue={d.setupHouseDefault}
      />
      <label for="setup-name">{d.setupYou}</label>
      <input
        class="text-field"
        id="setup-name"
        name="name"
        autocomplete="username"
        spellcheck={false}
        aria-invalid={aboutName}
        aria-describedby="setup-error"
      />
      {canPasskey() && <HowChoice how={how} onChoose={setHow} />}
      {how === 'password' ? (
        <SetupPassword invalid={why !== undefined && !aboutName} />
      ) : (
        <p class="door-hint">{d.setupPasskeyHint}</p>
      )}
      <WhoChoice admission={admission} onChoose={setAdmission} />
      <FieldError id="setup-error" text={why === undefined ? undefined : refusalText(d, why)} />
      <button class="send" type="submit" aria-disabled={busy}>
        {d.setupGo}
      </button>
    </form>
  );
}

function SetupPassword({ invalid }: { invalid: boolean }) {
  const d = doorWords();
  return (
    <>
      <label for="setup-password">{d.setupPassword}</label>
      <PasswordField
        id="setup-password"
        autocomplete="new-password"
        invalid={invalid}
        describedBy="setup-hint setup-error"
      />
      <p class="door-hint" id="setup-hint">
        {d.setupPasswordHint}
      </p>
    </>
  );
}

function HowChoice({ how, onChoose }: { how: How; onChoose: (how: How) => void }) {
  const d = doorWords();
  return (
    <Segmented
      label={d.setupHow}
      name="how"
      value={how}
      choices={[
        { value: 'password', label: d.setupByPassword },
        { value: 'passkey', label: d.setupPasskey },
      ]}
      onChoose={onChoose}
    />
  );
}

interface WhoChoiceProps {
  admission: api.Admission;
  onChoose: (admission: api.Admission) => void;
}

function WhoChoice({ admission, onChoose }: WhoChoiceProps) {
  const d = doorWords();
  return (
    <Segmented
      label={d.setupWho}
      name="admission"
      value={admission}
      choices={[
        { value: 'open', label: d.setupOpen },
        { value: 'invited', label: d.setupInvited },
        { value: 'accounts', label: d.setupAccounts },
      ]}
      onChoose={onChoose}
    />
  );
}

interface SetupFields {
  token: string;
  admission: api.Admission;
  name: string;
  house: string;
  password: string;
}

/** Makes the owner's account with the key of the terminal's link, then the passkey, then comes in. */
function openHouse(how: How, fields: SetupFields): Promise<Refusal | undefined> {
  const { token, admission, password } = fields;
  const [name, called] = [fields.name.trim(), fields.house.trim()];
  const fault = nameFault(name);
  if (fault !== undefined) return Promise.resolve(fault);
  if (how === 'password' && [...password].length < passwordMin)
    return Promise.resolve('short-password');
  return comeInBy(async () => {
    await api.setUp(house(), {
      token,
      name,
      admission,
      ...(how === 'password' && { password }),
      ...(called !== '' && { house: called }),
    });
    if (how === 'passkey') await addPasskey(deviceName());
  });
}

function isAboutPassword(why: Refusal): boolean {
  return why === 'short-password' || why === 'password';
}
