import { words } from '../i18n/language.ts';
import type { Messages } from '../i18n/messages.en.ts';
import { go, mainRoom, roomRoute } from '../state/route.ts';
import { type Refusal, setUp } from '../state/visit.ts';
import { Brand } from './Brand.tsx';
import { Corner } from './Corner.tsx';
import { FieldError } from './FieldError.tsx';
import { PasswordField } from './PasswordField.tsx';
import { useForm } from './useForm.ts';
import './Setup.css';

/** The owner's first step, once, from the link in the terminal. Ends in the room. */
export function Setup({ token }: { token: string }) {
  const t = words();
  const { why, busy, form } = useForm({
    send: (field) => setUp(token, field('name'), field('password'), field('house')),
    done: () => go(roomRoute(mainRoom), true),
    cure: (refusal) => (isAboutPassword(refusal) ? '#setup-password' : '#setup-name'),
  });

  const aboutName = why !== undefined && !isAboutPassword(why);
  return (
    <div class="door">
      <header class="door-top">
        <Brand />
        <nav aria-label={t.page}>
          <Corner />
        </nav>
      </header>
      <main class="setup">
        <h1>{t.setupTitle}</h1>
        {token === '' ? (
          <p class="setup-lead">{t.setupNoToken}</p>
        ) : (
          <form {...form}>
            <p class="setup-lead">{t.setupLead}</p>
            <label for="setup-house">{t.setupHouse}</label>
            <input
              class="text-field"
              id="setup-house"
              name="house"
              autocomplete="off"
              defaultValue={t.setupHouseDefault}
            />
            <label for="setup-name">{t.setupYou}</label>
            <input
              class="text-field"
              id="setup-name"
              name="name"
              autocomplete="username"
              spellcheck={false}
              aria-invalid={aboutName}
              aria-describedby="setup-error"
            />
            <label for="setup-password">{t.setupPassword}</label>
            <PasswordField
              id="setup-password"
              autocomplete="new-password"
              invalid={why !== undefined && !aboutName}
              describedBy="setup-hint setup-error"
            />
            <p class="setup-hint" id="setup-hint">
              {t.setupPasswordHint}
            </p>
            <FieldError
              id="setup-error"
              text={why === undefined ? undefined : setupFault(t, why)}
            />
            <button class="send" type="submit" aria-disabled={busy}>
              {t.setupGo}
            </button>
          </form>
        )}
      </main>
    </div>
  );
}

function isAboutPassword(why: Refusal): boolean {
  return why === 'short-password' || why === 'password';
}

function setupFault(t: Messages, why: Refusal): string {
  if (why === 'empty') return t.doorEmpty;
  if (why === 'long') return t.doorLong;
  if (why === 'short-password' || why === 'password') return t.setupPasswordShort;
  if (why === 'used') return t.setupUsed;
  if (why === 'taken' || why === 'bad') return t.doorBad;
  return why === 'unreachable' ? t.doorUnreachable : t.doorBusy;
}
