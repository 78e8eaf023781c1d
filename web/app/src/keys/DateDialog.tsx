import * as api from '@teahouse/sdk/api';
import { useEffect, useRef } from 'preact/hooks';
import { Button } from '../components/Button.tsx';
import { FieldError } from '../components/FieldError.tsx';
import { useAct } from '../parts/asked.ts';
import { Dialog } from '../parts/Dialog.tsx';
import { Field } from '../parts/Field.tsx';
import { dayFrom, dayText } from '../search/query.ts';
import { house } from '../state/house.ts';
import { jumpNear } from '../state/jumping.ts';
import { hide } from '../state/overlay.ts';
import { timelineOf } from '../state/reading.ts';
import { keyWords } from './words.ts';

/** To the first thing that was said on a day, or after it. */
export function DateDialog({ room, at = Date.now() }: { room: string; at?: number | undefined }) {
  const w = keyWords();
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const { act, busy, fault, setFault } = useAct();
  const jump = (day: number) =>
    void act(async () => {
      const { seq } = day === 0 ? { seq: 1 } : await api.eventAt(house(), room, day);
      if (await jumpNear(timelineOf(room), seq)) hide();
      else setFault(w.dateNothing);
    });
  return (
    <Dialog title={w.date} onClose={hide}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const day = dayFrom(field.current?.value ?? '');
          if (day !== undefined && !busy) jump(day);
        }}
      >
        <Field label={w.dateDay}>
          {(id) => (
            <input
              class="text-field"
              type="date"
              required
              ref={field}
              {...id}
              defaultValue={dayText(at)}
              max={dayText(Date.now())}
            />
          )}
        </Field>
        <FieldError id="date-error" text={fault} />
        <div class="actions">
          <Button onPress={() => jump(daysAgo(1))}>{w.dateYesterday}</Button>
          <Button onPress={() => jump(daysAgo(7))}>{w.dateWeek}</Button>
          <Button onPress={() => jump(daysAgo(30))}>{w.dateMonth}</Button>
          <Button onPress={() => jump(0)}>{w.dateBeginning}</Button>
        </div>
        <div class="actions end">
          <button type="submit" class="button primary" aria-disabled={busy}>
            {w.dateGo}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function daysAgo(days: number): number {
  const date = new Date();
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() - days).getTime();
}
