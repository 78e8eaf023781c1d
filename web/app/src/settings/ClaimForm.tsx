import * as api from '@teahouse/sdk/api';
import { useRef } from 'preact/hooks';
import { Button } from '../components/Button.tsx';
import { FieldError } from '../components/FieldError.tsx';
import { PasswordField } from '../components/PasswordField.tsx';
import { passwordMin } from '../door/coming.ts';
import { addPasskey, canPasskey, deviceName } from '../door/passkeys.ts';
import { doorWords } from '../door/words.ts';
import { useAct } from '../parts/asked.ts';
import { partWords } from '../parts/words.ts';
import { house } from '../state/house.ts';
import { refreshMe } from '../state/me.ts';
import { tell } from '../state/overlay.ts';
import { receiveYou } from './YouPage.tsx';

/** A guest keeps the name: by a password or a passkey they become a member, with everything they wrote. */
export function ClaimForm() {
  const d = doorWords();
  const p = partWords();
  const { act, busy, fault, setFault } = useAct();
  const box = useRef<HTMLFormElement>(null);
  const claim = async () => {
    const password = box.current?.querySelector('input')?.value ?? '';
    if ([...password].length < passwordMin) return setFault(d.passwordShort);
    const done = await act(async () => receiveYou(await api.setPassword(house(), { password })));
    if (done) tell(p.claimed);
  };
  const byPasskey = async () => {
    const done = await act(async () => {
      await addPasskey(deviceName());
      await refreshMe();
    });
    if (done) tell(p.claimed);
  };
  return (
    <form
      class="claim"
      ref={box}
      onSubmit={(event) => {
        event.preventDefault();
        void claim();
      }}
    >
      <h2>{p.menuClaim}</h2>
      <p class="lead">{p.claimLead}</p>
      <label for="claim-password">{d.password}</label>
      <PasswordField
        id="claim-password"
        autocomplete="new-password"
        invalid={fault !== undefined}
        describedBy="claim-error"
      />
      <FieldError id="claim-error" text={fault} />
      <div class="actions">
        <button type="submit" class="button primary" aria-disabled={busy}>
          {p.claimPassword}
        </button>
        {canPasskey() && <Button onPress={() => void byPasskey()}>{p.claimPasskey}</Button>}
      </div>
    </form>
  );
}
