import * as api from '@teahouse/sdk/api';
import { useState } from 'preact/hooks';
import { FieldError } from '../components/FieldError.tsx';
import { useAct, useAsked } from '../parts/asked.ts';
import { Choice, Field } from '../parts/Field.tsx';
import { Waiting } from '../parts/Waiting.tsx';
import { partWords } from '../parts/words.ts';
import { house, houseName } from '../state/house.ts';
import { may } from '../state/me.ts';
import { tell } from '../state/overlay.ts';
import { SizesForm } from './SizesForm.tsx';
import { type HouseNow, readSettings } from './settings.ts';
import { adminWords } from './words.ts';

/** What the owner decides for the house; every change holds at once, each with where it comes from. */
export function HouseSettingsPage() {
  const a = adminWords();
  const p = partWords();
  const asked = useAsked(() => api.houseSettings(house()));
  const { act, busy, fault } = useAct();
  if (asked.value === undefined) return <Waiting asked={asked} />;
  const { now, others } = readSettings(asked.value.settings);
  const owner = may('administer');
  const change = async (wish: api.SettingsChange) => {
    const done = await act(async () => {
      asked.set(await api.changeHouse(house(), wish));
      if (wish.name !== undefined) houseName.value = wish.name;
    });
    if (done) tell(p.saved);
  };
  return (
    <>
      {!owner && <p class="lead">{a.ownerOnly}</p>}
      <FieldError id="settings-error" text={fault} />
      <fieldset disabled={!owner}>
        <NameForm now={now} busy={busy} onChange={change} />
        <Choice
          label={a.setAdmission}
          hint={sourceOf(now, 'admission')}
          value={now.admission}
          choices={(['open', 'invited', 'accounts'] as const).map((value) => ({
            value,
            label: a.admission(value),
          }))}
          onChoose={(admission) => void change({ admission })}
        />
        <QuestionForm key={now.question ?? ''} now={now} busy={busy} onChange={change} />
        <Choice
          label={a.setWork}
          hint={a.setWorkHint}
          value={String(now.work_bits)}
          choices={workChoices(now.work_bits).map((bits) => ({
            value: String(bits),
            label: a.work(bits),
          }))}
          onChoose={(bits) => void change({ work_bits: Number(bits) })}
        />
        <Choice
          label={a.setRooms}
          hint={sourceOf(now, 'rooms_by')}
          value={now.rooms_by}
          choices={(['guests', 'accounts', 'moderators'] as const).map((value) => ({
            value,
            label: a.roomsBy(value),
          }))}
          onChoose={(rooms_by) => void change({ rooms_by })}
        />
        <h2>{a.setSizes}</h2>
        <SizesForm now={now} busy={busy} onChange={change} />
      </fieldset>
      {others.length > 0 && <Others settings={others} />}
    </>
  );
}

function sourceOf(now: HouseNow, key: string): string {
  const source = now.sources[key];
  return source === undefined ? '' : adminWords().source(source);
}

function workChoices(present: number): number[] {
  return [...new Set([0, 14, 17, 20, present])].sort((a, b) => a - b);
}

interface PartProps {
  now: HouseNow;
  busy: boolean;
  onChange: (wish: api.SettingsChange) => Promise<void>;
}

function NameForm({ now, busy, onChange }: PartProps) {
  const a = adminWords();
  const [name, setName] = useState(now.name);
  const isChanged = name.trim() !== '' && name.trim() !== now.name;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (isChanged) void onChange({ name: name.trim() });
      }}
    >
      <Field label={a.setName} hint={sourceOf(now, 'name')}>
        {(id) => (
          <input
            class="text-field"
            autocomplete="off"
            value={name}
            onInput={(event) => setName(event.currentTarget.value)}
            {...id}
          />
        )}
      </Field>
      {isChanged && (
        <button type="submit" class="button primary" aria-disabled={busy}>
          {partWords().save}
        </button>
      )}
    </form>
  );
}

/** The answer is never shown again: it is typed anew with each question. */
function QuestionForm({ now, busy, onChange }: PartProps) {
  const a = adminWords();
  const [ask, setAsk] = useState(now.question ?? '');
  const [answer, setAnswer] = useState('');
  const isWhole = ask.trim() !== '' && answer.trim() !== '';
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (isWhole) void onChange({ question: { ask: ask.trim(), answer: answer.trim() } });
      }}
    >
      <Field label={a.setQuestion} hint={a.setQuestionHint}>
        {(id) => (
          <input
            class="text-field"
            autocomplete="off"
            value={ask}
            onInput={(event) => setAsk(event.currentTarget.value)}
            {...id}
          />
        )}
      </Field>
      {ask.trim() !== '' && (
        <Field label={a.setAnswer}>
          {(id) => (
            <input
              class="text-field"
              autocomplete="off"
              value={answer}
              onInput={(event) => setAnswer(event.currentTarget.value)}
              {...id}
            />
          )}
        </Field>
      )}
      <div class="actions">
        {isWhole && (
          <button type="submit" class="button primary" aria-disabled={busy}>
            {partWords().save}
          </button>
        )}
        {now.question !== undefined && (
          <button
            type="button"
            class="button"
            aria-disabled={busy}
            onClick={() => void onChange({ question: null })}
          >
            {a.setQuestionDrop}
          </button>
        )}
      </div>
    </form>
  );
}

function Others({ settings }: { settings: readonly api.Setting[] }) {
  const a = adminWords();
  return (
    <>
      <h2>{a.others}</h2>
      <p class="lead">{a.othersLead}</p>
      <ul class="things">
        {settings.map(({ key, value, source }) => (
          <li key={key}>
            <span class="thing-text">
              <b>{key}</b> {typeof value === 'string' ? value : JSON.stringify(value)}
              <small>{a.source(source)}</small>
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}
