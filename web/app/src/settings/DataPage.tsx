// What the house keeps of one: to take along, or to have erased.
import * as api from '@teahouse/sdk/api';
import { useState } from 'preact/hooks';
import { FieldError } from '../components/FieldError.tsx';
import { PasswordField } from '../components/PasswordField.tsx';
import { useAct } from '../parts/asked.ts';
import { Field } from '../parts/Field.tsx';
import { partWords } from '../parts/words.ts';
import { house, you } from '../state/house.ts';
import { forgetVisit } from '../state/leaving.ts';
import { me } from '../state/me.ts';
import { go, mainRoom, roomRoute } from '../state/route.ts';

export function DataPage() {
  return (
    <>
      <ExportForm />
      <EraseForm />
    </>
  );
}

function ExportForm() {
  const p = partWords();
  const { act, busy, fault } = useAct();
  const take = () => act(async () => save(await api.exportMe(house())));
  return (
    <>
      <h2>{p.exportTitle}</h2>
      <p class="lead">{p.exportLead}</p>
      <FieldError id="export-error" text={fault} />
      <button type="button" class="button" aria-disabled={busy} onClick={take}>
        {p.exportGo}
      </button>
    </>
  );
}

/** Gives the browser a file. */
function save(what: object): void {
  const file = new Blob([JSON.stringify(what, undefined, 2)], { type: 'application/json' });
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = `teahouse-${new Date().toISOString().slice(0, 10)}.json`;
  link.click();
  URL.revokeObjectURL(link.href);
}

function EraseForm() {
  const p = partWords();
  const { act, busy, fault } = useAct();
  const [typed, setTyped] = useState('');
  const person = you.value;
  if (person === undefined) return null;
  if (person.role === 'owner') {
    return (
      <>
        <h2>{p.eraseTitle}</h2>
        <p class="lead">{p.eraseOwner}</p>
      </>
    );
  }
  const matches = typed.trim() === person.name;
  const erase = async (form: HTMLFormElement) => {
    const password = String(new FormData(form).get('password') ?? '');
    const wish = { name: typed.trim(), ...(password !== '' && { password }) };
    if (!(await act(() => api.eraseMe(house(), wish)))) return;
    await forgetVisit();
    go(roomRoute(mainRoom), true);
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (matches) void erase(event.currentTarget);
      }}
    >
      <h2>{p.eraseTitle}</h2>
      <p class="lead">{p.eraseLead}</p>
      <Field label={p.typeName(person.name)}>
        {(id) => (
          <input
            class="text-field"
            autocomplete="off"
            value={typed}
            onInput={(event) => setTyped(event.currentTarget.value)}
            {...id}
          />
        )}
      </Field>
      {me.value?.has_password && (
        <Field label={p.passwordOld} id="erase-password">
          {() => (
            <PasswordField
              id="erase-password"
              autocomplete="current-password"
              invalid={fault !== undefined}
              describedBy="erase-error"
            />
          )}
        </Field>
      )}
      <FieldError id="erase-error" text={fault} />
      <button type="submit" class="button danger-fill" aria-disabled={busy || !matches}>
        {p.eraseGo}
      </button>
    </form>
  );
}
