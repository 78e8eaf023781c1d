import * as api from '@teahouse/sdk/api';
import { FieldError } from '../components/FieldError.tsx';
import { house, you } from '../state/house.ts';
import { go, mainRoom, roomRoute } from '../state/route.ts';
import { visit } from '../state/visit.ts';
import { comeInBy } from './coming.ts';
import { DoorPage } from './DoorPage.tsx';
import { refusalText } from './faults.ts';
import { useForm } from './useForm.ts';
import { doorWords } from './words.ts';

/** Signing in by the code that another device shows, typed or out of its QR code. */
export function CodeScreen({ code }: { code: string }) {
  const d = doorWords();
  const { why, busy, form } = useForm({
    send: (field) => {
      const typed = field('code').replace(/[\s-]/g, '').toUpperCase();
      if (typed === '') return Promise.resolve('used');
      return comeInBy(() => api.signInByCode(house(), typed));
    },
    done: () => go(roomRoute(mainRoom), true),
    cure: () => '#code',
  });
  const isWrong = why === 'used' || why === 'closed' || why === 'password' || why === 'bad';
  const text = why === undefined ? undefined : isWrong ? d.codeWrong : refusalText(d, why);
  return (
    <DoorPage title={d.codeTitle}>
      <form {...form}>
        <p class="door-lead">
          {visit.value === 'inside' && you.value ? d.codeAsk(you.value.name) : d.codeLead}
        </p>
        <label for="code">{d.codeLabel}</label>
        <input
          class="text-field code"
          id="code"
          name="code"
          autocomplete="one-time-code"
          autocapitalize="characters"
          spellcheck={false}
          defaultValue={code}
          aria-invalid={why !== undefined}
          aria-describedby="code-error"
        />
        <FieldError id="code-error" text={text} />
        <button class="send" type="submit" aria-disabled={busy}>
          {d.doorSignIn}
        </button>
      </form>
    </DoorPage>
  );
}
