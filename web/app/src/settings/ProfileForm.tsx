import * as api from '@teahouse/sdk/api';
import { useState } from 'preact/hooks';
import { FieldError } from '../components/FieldError.tsx';
import { useAct } from '../parts/asked.ts';
import { Field, Switch } from '../parts/Field.tsx';
import { partWords } from '../parts/words.ts';
import { house } from '../state/house.ts';
import { me, refreshMe } from '../state/me.ts';
import { tell } from '../state/overlay.ts';

/** Characters of the longest line, as the house counts them. */
const lineMax = 80;

/** What one tells of oneself: a line, and the time where one is. */
export function ProfileForm() {
  const self = me.value;
  return self === undefined ? null : (
    <Lines key={self.line} line={self.line ?? ''} zone={self.zone} />
  );
}

function Lines({ line: before, zone }: { line: string; zone: string | null }) {
  const p = partWords();
  const { act, busy, fault } = useAct();
  const [line, setLine] = useState(before);
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const keep = async (change: { line?: string; zone?: string }) => {
    const isKept = await act(async () => {
      await api.tellOfMe(house(), change);
      await refreshMe();
    });
    if (isKept) tell(p.saved);
  };
  return (
    <>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void keep({ line: line.trim() });
        }}
      >
        <Field label={p.lineLabel} hint={p.lineHint}>
          {(id) => (
            <input
              class="text-field"
              maxLength={lineMax}
              value={line}
              onInput={(event) => setLine(event.currentTarget.value)}
              {...id}
            />
          )}
        </Field>
        <FieldError id="you-line-error" text={fault} />
        <button type="submit" class="button primary" aria-disabled={busy || line.trim() === before}>
          {p.save}
        </button>
      </form>
      <Switch
        label={p.zoneLabel(zone ?? here)}
        checked={zone !== null}
        onChange={(on) => void keep({ zone: on ? here : '' })}
      />
    </>
  );
}
