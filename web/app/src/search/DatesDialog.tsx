import { useRef } from 'preact/hooks';
import { Button } from '../components/Button.tsx';
import { Dialog } from '../parts/Dialog.tsx';
import { Field } from '../parts/Field.tsx';
import { dayFrom, dayText, type Typed, withFilter } from './query.ts';
import { searchWords } from './words.ts';

interface DatesDialogProps {
  typed: Typed;
  onChange: (typed: Typed) => void;
  onClose: () => void;
}

/** From when until when; both may be left open. */
export function DatesDialog({ typed, onChange, onClose }: DatesDialogProps) {
  const w = searchWords();
  const from = useRef<HTMLInputElement>(null);
  const until = useRef<HTMLInputElement>(null);
  const set = (after: string, before: string) => {
    const others = typed.filters.filter(({ name }) => name !== 'after' && name !== 'before');
    let next: Typed = { ...typed, filters: others };
    if (after !== '') next = withFilter(next, 'after', after);
    if (before !== '') next = withFilter(next, 'before', before);
    onClose();
    onChange(next);
  };
  return (
    <Dialog title={w.pickDate} onClose={onClose}>
      <div class="actions">
        <Button onPress={() => set(daysAgo(0), '')}>{w.dateToday}</Button>
        <Button onPress={() => set(daysAgo(6), '')}>{w.dateWeek}</Button>
        <Button onPress={() => set(daysAgo(29), '')}>{w.dateMonth}</Button>
      </div>
      <form
        class="dates"
        onSubmit={(event) => {
          event.preventDefault();
          set(from.current?.value ?? '', until.current?.value ?? '');
        }}
      >
        <Field label={w.dateFrom}>
          {(id) => (
            <input
              class="text-field"
              type="date"
              ref={from}
              {...id}
              defaultValue={of(typed, 'after')}
            />
          )}
        </Field>
        <Field label={w.dateUntil}>
          {(id) => (
            <input
              class="text-field"
              type="date"
              ref={until}
              {...id}
              defaultValue={of(typed, 'before')}
            />
          )}
        </Field>
        <div class="actions end">
          <Button onPress={() => set('', '')}>{w.dateClear}</Button>
          <button type="submit" class="button primary">
            {w.dateSet}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function of({ filters }: Typed, name: 'after' | 'before'): string {
  const value = filters.find((one) => one.name === name)?.value;
  const at = value === undefined ? undefined : dayFrom(value);
  return at === undefined ? '' : dayText(at);
}

function daysAgo(days: number): string {
  const date = new Date();
  return dayText(new Date(date.getFullYear(), date.getMonth(), date.getDate() - days).getTime());
}
