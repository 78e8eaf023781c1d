import { words } from '../i18n/language.ts';
import { go, roomRoute, route } from '../state/route.ts';
import { type Refusal, signIn } from '../state/visit.ts';
import { FieldError } from './FieldError.tsx';
import { PasswordField } from './PasswordField.tsx';
import { useForm } from './useForm.ts';
import './SignInBox.css';

/** Name and password, in the place of the name box. */
export function SignInBox() {
  const t = words();
  const { why, busy, form } = useForm({
    send: (field) => signIn(field('name'), field('password')),
    done: leaveSignIn,
    cure: (refusal) => (refusal === 'empty' ? '#signin-name' : '#signin-password'),
  });

  return (
    <form class="name-box sign-in" {...form}>
      <h2>{t.signInTitle}</h2>
      <label for="signin-name">{t.signInName}</label>
      <input
        class="text-field"
        id="signin-name"
        name="name"
        autocomplete="username"
        spellcheck={false}
        aria-invalid={why === 'empty'}
        aria-describedby="signin-error"
      />
      <label for="signin-password">{t.signInPassword}</label>
      <PasswordField
        id="signin-password"
        autocomplete="current-password"
        invalid={why === 'password' || why === 'empty-password'}
        describedBy="signin-error"
      />
      <FieldError id="signin-error" text={why === undefined ? undefined : signInFault(why)} />
      <button class="send" type="submit" aria-disabled={busy}>
        {t.doorSignIn}
      </button>
    </form>
  );
}

/** The address of the form has done its work. */
function leaveSignIn(): void {
  const here = route.peek();
  if (here.screen === 'room') go(roomRoute(here.room), true);
}

function signInFault(why: Refusal): string {
  const t = words();
  if (why === 'empty') return t.doorEmpty;
  if (why === 'empty-password') return t.passwordEmpty;
  if (why === 'unreachable') return t.doorUnreachable;
  if (why === 'busy') return t.doorBusy;
  return t.signInWrong;
}
