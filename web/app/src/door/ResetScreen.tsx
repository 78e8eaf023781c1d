import * as api from '@teahouse/sdk/api';
import { FieldError } from '../components/FieldError.tsx';
import { PasswordField } from '../components/PasswordField.tsx';
import { house } from '../state/house.ts';
import { go, mainRoom, roomRoute } from '../state/route.ts';
import { comeInBy, passwordMin } from './coming.ts';
import { DoorPage } from './DoorPage.tsx';
import { refusalText } from './faults.ts';
import { useForm } from './useForm.ts';
import { doorWords } from './words.ts';

/** A new password by the link of an owner or a moderator. */
export function ResetScreen({ code }: { code: string }) {
  const d = doorWords();
  const { why, busy, form } = useForm({
    send: (field) => {
      const password = field('password');
      if ([...password].length < passwordMin) return Promise.resolve('short-password');
      return comeInBy(() => api.signInByReset(house(), { code, password }));
    },
    done: () => go(roomRoute(mainRoom), true),
    cure: () => '#reset-password',
  });
  const isEnded = why === 'used' || why === 'closed' || why === 'password';
  const text = why === undefined ? undefined : isEnded ? d.resetWrong : refusalText(d, why);
  return (
    <DoorPage title={d.resetTitle}>
      <form {...form}>
        <p class="door-lead">{d.resetLead}</p>
        <label for="reset-password">{d.resetPassword}</label>
        <PasswordField
          id="reset-password"
          autocomplete="new-password"
          invalid={why !== undefined}
          describedBy="reset-hint reset-error"
        />
        <p class="door-hint" id="reset-hint">
          {d.setupPasswordHint}
        </p>
        <FieldError id="reset-error" text={text} />
        <button class="send" type="submit" aria-disabled={busy}>
          {d.resetGo}
        </button>
      </form>
    </DoorPage>
  );
}
