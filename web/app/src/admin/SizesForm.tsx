import type { SettingsChange } from '@teahouse/sdk/api';
import { useState } from 'preact/hooks';
import { Field } from '../parts/Field.tsx';
import { partWords } from '../parts/words.ts';
import { type HouseNow, type Size, sizes } from './settings.ts';
import { adminWords } from './words.ts';

interface Props {
  now: HouseNow;
  busy: boolean;
  onChange: (wish: SettingsChange) => Promise<void>;
}

/** How large files may be. An empty field is as the configuration says. */
export function SizesForm({ now, busy, onChange }: Props) {
  const a = adminWords();
  const [texts, setTexts] = useState<Partial<Record<Size, string>>>({});
  const textOf = (size: Size) => texts[size] ?? now.files[size]?.toString() ?? '';
  const save = () => {
    const decided = sizes.filter((size) => textOf(size) !== '');
    const files = Object.fromEntries(decided.map((size) => [size, Number(textOf(size))]));
    void onChange({ files: decided.length === 0 ? null : files }).then(() => setTexts({}));
  };
  const isChanged = sizes.some((size) => textOf(size) !== (now.files[size]?.toString() ?? ''));
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      {sizes.map((size) => (
        <Field key={size} label={a.setSize(size)} hint={a.setSizeHint}>
          {(id) => (
            <input
              class="text-field"
              type="number"
              inputMode="numeric"
              min={1}
              step={1}
              value={textOf(size)}
              onInput={({ currentTarget }) => setTexts({ ...texts, [size]: currentTarget.value })}
              {...id}
            />
          )}
        </Field>
      ))}
      {isChanged && (
        <button type="submit" class="button primary" aria-disabled={busy}>
          {partWords().save}
        </button>
      )}
    </form>
  );
}
