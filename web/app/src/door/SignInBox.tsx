import { useState } from 'preact/hooks';
import { Button } from '../components/Button.tsx';
import { FieldError } from '../components/FieldError.tsx';
import { PasswordField } from '../components/PasswordField.tsx';
import { addressOf, followLink, go, roomRoute, route } from '../state/route.ts';
import { comeInBy, doorway, signIn } from './coming.ts';
import { refusalText } from './faults.ts';
import { canPasskey, signInByPasskey } from './passkeys.ts';
import { useForm } from './useForm.ts';
import { doorWords } from './words.ts';
import './SignInBox.css';

/** A passkey first, then the password, never both at once; and the other house where there is one. */
export function SignInBox({ room }: { room: string }) {
  const d = doorWords();
  const [byPassword, setByPassword] = useState(!canPasskey());
  const { why, busy, form, run } = useForm({
    send: (field) => signIn(field('name'), field('password')),
    done: leaveSignIn,
    cure: (refusal) => (refusal === 'empty' ? '#signin-name' : '#signin-password'),
  });
  const passkey = () => void run(() => comeInBy(signInByPasskey));

  return (
    <form class="name-box sign-in" {...form}>
      <h2>{d.signInTitle}</h2>
      {byPassword ? (
        <PasswordFields why={why} />
      ) : (
        <button class="send" type="button" aria-disabled={busy} onClick={passkey}>
          {d.signInPasskey}
        </button>
      )}
      <FieldError id="signin-error" text={why === undefined ? undefined : refusalText(d, why)} />
      {byPassword && (
        <button class="send" type="submit" aria-disabled={busy}>
          {d.doorSignIn}
        </button>
      )}
      <div class="sign-in-others">
        {canPasskey() && (
          <Button onPress={() => setByPassword(!byPassword)}>
            {byPassword ? d.signInPasskey : d.signInPassword}
          </Button>
        )}
        <OtherHouse room={room} />
        <CodeLink />
      </div>
    </form>
  );
}

function PasswordFields({ why }: { why: string | undefined }) {
  const d = doorWords();
  return (
    <>
      <label for="signin-name">{d.signInName}</label>
      <input
        class="text-field"
        id="signin-name"
        name="name"
        autocomplete="username"
        spellcheck={false}
        aria-invalid={why === 'empty'}
        aria-describedby="signin-error"
      />
      <label for="signin-password">{d.password}</label>
      <PasswordField
        id="signin-password"
        autocomplete="current-password"
        invalid={why === 'password' || why === 'empty-password'}
        describedBy="signin-error"
      />
    </>
  );
}

/** Signing in where people have an account already; the way back leads to the room. */
function OtherHouse({ room }: { room: string }) {
  const oidc = doorway.value?.oidc;
  if (oidc === undefined) return null;
  const to = encodeURIComponent(addressOf(roomRoute(room)));
  return (
    <a class="button" href={`/v1/signin/oidc?to=${to}`}>
      {doorWords().signInWith(oidc.name)}
    </a>
  );
}

function CodeLink() {
  const to = { screen: 'code', code: '' } as const;
  return (
    <a class="text-button" href={addressOf(to)} onClick={(event) => followLink(event, to)}>
      {doorWords().signInCode}
    </a>
  );
}

/** The address of the form has done its work. */
function leaveSignIn(): void {
  const here = route.peek();
  if (here.screen === 'room') go(roomRoute(here.room), true);
}
