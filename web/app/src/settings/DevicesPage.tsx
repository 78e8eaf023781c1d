// Ways to sign in: password, passkeys, the devices on which one is signed in, and one more device by a code.

import * as api from '@teahouse/sdk/api';
import { useRef, useState } from 'preact/hooks';
import { Button } from '../components/Button.tsx';
import { FieldError } from '../components/FieldError.tsx';
import { PasswordField } from '../components/PasswordField.tsx';
import { passwordMin } from '../door/coming.ts';
import { addPasskey, canPasskey, deviceName } from '../door/passkeys.ts';
import { doorWords } from '../door/words.ts';
import { useAct, useAsked } from '../parts/asked.ts';
import { whole } from '../parts/CopyLine.tsx';
import { Field } from '../parts/Field.tsx';
import { Qr } from '../parts/Qr.tsx';
import { Waiting } from '../parts/Waiting.tsx';
import { partWords } from '../parts/words.ts';
import { house, you } from '../state/house.ts';
import { me, refreshMe } from '../state/me.ts';
import { tell } from '../state/overlay.ts';
import { ClaimForm } from './ClaimForm.tsx';
import { receiveYou } from './YouPage.tsx';

export function DevicesPage() {
  const isGuest = you.value?.role === undefined;
  return (
    <>
      {isGuest ? (
        <ClaimForm />
      ) : (
        <>
          <PasskeyList />
          <PasswordForm />
        </>
      )}
      <SignInList />
      <OtherDevice />
    </>
  );
}

function PasskeyList() {
  const p = partWords();
  const { act, busy, fault } = useAct();
  const self = me.value;
  const add = () =>
    act(async () => {
      await addPasskey(deviceName());
      await refreshMe();
    });
  const drop = (id: string) =>
    act(async () => {
      await api.dropPasskey(house(), id);
      await refreshMe();
    });
  return (
    <>
      <h2>{p.passkeys}</h2>
      <p class="lead">{p.passkeysLead}</p>
      <ul class="things">
        {(self?.passkeys ?? []).map((key) => (
          <li key={key.id}>
            <span class="thing-text">
              <b>{key.name}</b>
              <small>{p.passkeyFacts(key.made, key.used)}</small>
            </span>
            <Button onPress={() => void drop(key.id)}>{p.remove}</Button>
          </li>
        ))}
      </ul>
      <FieldError id="passkey-error" text={fault} />
      {canPasskey() ? (
        <button type="button" class="button" aria-disabled={busy} onClick={add}>
          {p.passkeyAdd}
        </button>
      ) : (
        <p class="hint">{p.passkeyCannot}</p>
      )}
    </>
  );
}

function PasswordForm() {
  const d = doorWords();
  const p = partWords();
  const { act, busy, fault, setFault } = useAct();
  const form = useRef<HTMLFormElement>(null);
  const has = me.value?.has_password ?? false;
  const save = async () => {
    const value = (id: string) => form.current?.querySelector<HTMLInputElement>(id)?.value ?? '';
    const password = value('#new-password');
    if ([...password].length < passwordMin) return setFault(d.passwordShort);
    const wish = { password, ...(has && { old: value('#old-password') }) };
    if (!(await act(async () => receiveYou(await api.setPassword(house(), wish))))) return;
    form.current?.reset();
    tell(p.saved);
  };
  return (
    <form
      ref={form}
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <h2>{d.password}</h2>
      {has && (
        <Field label={p.passwordOld} id="old-password">
          {() => (
            <PasswordField
              id="old-password"
              autocomplete="current-password"
              invalid={fault !== undefined}
              describedBy="password-error"
            />
          )}
        </Field>
      )}
      <Field label={p.passwordNew} id="new-password">
        {() => (
          <PasswordField
            id="new-password"
            autocomplete="new-password"
            invalid={fault !== undefined}
            describedBy="password-error"
          />
        )}
      </Field>
      <FieldError id="password-error" text={fault} />
      <button type="submit" class="button" aria-disabled={busy}>
        {has ? p.passwordChange : p.passwordSet}
      </button>
    </form>
  );
}

function SignInList() {
  const p = partWords();
  const { act, fault } = useAct();
  const asked = useAsked(() => api.signIns(house()));
  const list = asked.value?.signins ?? [];
  const end = async (id: string) => {
    if (await act(() => api.endSignIn(house(), id))) await asked.again();
  };
  return (
    <>
      <h2>{p.signIns}</h2>
      <p class="lead">{p.signInsLead}</p>
      <Waiting asked={asked} />
      <FieldError id="signins-error" text={fault} />
      <ul class="things">
        {list.map((each) => (
          <li key={each.id}>
            <span class="thing-text">
              <b>{deviceName(each.agent)}</b>
              <small>{p.signInFacts(each.seen, each.address)}</small>
            </span>
            {each.this ? (
              <span class="role-tag">{p.thisDevice}</span>
            ) : (
              <Button onPress={() => void end(each.id)}>{p.signInEnd}</Button>
            )}
          </li>
        ))}
      </ul>
      {list.length > 1 && <Button onPress={() => void end('others')}>{p.signInEndOthers}</Button>}
    </>
  );
}

/** A code for another device, with its QR code. */
function OtherDevice() {
  const p = partWords();
  const { act, busy, fault } = useAct();
  const [code, setCode] = useState<{ code: string; until: number } | undefined>();
  const make = () => act(async () => setCode(await api.deviceCode(house())));
  const link = code === undefined ? '' : whole(`/signin#${encodeURIComponent(code.code)}`);
  return (
    <>
      <h2>{p.otherDevice}</h2>
      <p class="lead">{p.otherDeviceLead(whole('/signin'))}</p>
      <FieldError id="code-error" text={fault} />
      {code === undefined ? (
        <button type="button" class="button" aria-disabled={busy} onClick={make}>
          {p.otherDeviceMake}
        </button>
      ) : (
        <div role="status">
          <b class="code-big">{code.code}</b>
          <Qr text={link} label={p.qrOf(p.otherDevice)} />
          <p class="hint">{p.otherDeviceUntil(code.until)}</p>
        </div>
      )}
    </>
  );
}
