import * as api from '@teahouse/sdk/api';
import { useRef, useState } from 'preact/hooks';
import { Button } from '../components/Button.tsx';
import { FieldError } from '../components/FieldError.tsx';
import { useAct, useAsked } from '../parts/asked.ts';
import { Duration } from '../parts/Duration.tsx';
import { Field } from '../parts/Field.tsx';
import { Waiting } from '../parts/Waiting.tsx';
import { partWords } from '../parts/words.ts';
import { house } from '../state/house.ts';
import { adminWords } from './words.ts';

/** Who is kept out of the house, people and addresses. */
export function BansPage() {
  const a = adminWords();
  const asked = useAsked(() => api.bans(house()));
  const { act, fault } = useAct();
  const bans = asked.value?.bans ?? [];
  const lift = async (id: api.Id) => {
    if (await act(() => api.unban(house(), id))) await asked.again();
  };
  return (
    <>
      <Waiting asked={asked} />
      {asked.value !== undefined && bans.length === 0 && <p class="empty-note">{a.bansNone}</p>}
      <FieldError id="bans-error" text={fault} />
      {bans.length > 0 && (
        <ul class="things">
          {bans.map((ban) => (
            <li key={ban.id}>
              <span class="thing-text">
                <b>{ban.person?.name ?? ban.range}</b>
                <small>{a.banFacts(ban.by.name, ban.until, ban.reason)}</small>
              </span>
              <Button onPress={() => void lift(ban.id)}>{a.banLift}</Button>
            </li>
          ))}
        </ul>
      )}
      <NewBan onMade={() => void asked.again()} />
    </>
  );
}

function NewBan({ onMade }: { onMade: () => void }) {
  const a = adminWords();
  const p = partWords();
  const { act, busy, fault } = useAct();
  const [range, setRange] = useState('');
  const [minutes, setMinutes] = useState<number | undefined>(1440);
  const reason = useRef<HTMLInputElement>(null);
  const make = async () => {
    const why = reason.current?.value.trim() ?? '';
    const wish = {
      range: range.trim(),
      ...(minutes !== undefined && { minutes }),
      ...(why !== '' && { reason: why }),
    };
    if (!(await act(() => api.ban(house(), wish)))) return;
    setRange('');
    onMade();
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (range.trim() !== '') void make();
      }}
    >
      <h2>{a.banNew}</h2>
      <Field label={a.banRange} hint={a.banRangeHint}>
        {(id) => (
          <input
            class="text-field"
            autocomplete="off"
            spellcheck={false}
            value={range}
            onInput={(event) => setRange(event.currentTarget.value)}
            {...id}
          />
        )}
      </Field>
      <Duration label={p.howLong} minutes={minutes} onChoose={setMinutes} />
      <Field label={p.why}>
        {(id) => <input class="text-field" ref={reason} maxLength={200} {...id} />}
      </Field>
      <FieldError id="ban-error" text={fault} />
      <button type="submit" class="button danger-fill" aria-disabled={busy || range.trim() === ''}>
        {a.banMake}
      </button>
    </form>
  );
}
