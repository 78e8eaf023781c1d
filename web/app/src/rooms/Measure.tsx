import type { Person } from '@teahouse/sdk';
import * as api from '@teahouse/sdk/api';
import { useRef, useState } from 'preact/hooks';
import { Button } from '../components/Button.tsx';
import { FieldError } from '../components/FieldError.tsx';
import { useAct } from '../parts/asked.ts';
import { Duration } from '../parts/Duration.tsx';
import { Field } from '../parts/Field.tsx';
import { partWords } from '../parts/words.ts';
import { house } from '../state/house.ts';
import { hide, tell } from '../state/overlay.ts';
import type { Timeline } from '../state/timeline.ts';

export type MeasureKind = 'mute' | 'kick' | 'ban' | 'remove-all' | 'house-ban';

interface MeasureProps {
  kind: MeasureKind;
  person: Person;
  timeline: Timeline | undefined;
  onCancel: () => void;
}

/** One measure with its duration and reason, then done. */
export function Measure({ kind, person, timeline, onCancel }: MeasureProps) {
  const p = partWords();
  const { act, busy, fault } = useAct();
  const [minutes, setMinutes] = useState<number | undefined>(60);
  const reason = useRef<HTMLInputElement>(null);
  const lasts = kind === 'mute' || kind === 'ban' || kind === 'house-ban';
  const take = async () => {
    const why = reason.current?.value.trim() ?? '';
    const how = { ...(minutes !== undefined && { minutes }), ...(why !== '' && { reason: why }) };
    const done = await act(() => apply(kind, timeline?.room.id ?? '', person.id, how));
    if (!done) return;
    hide();
    tell(p.measureDone(kind, person.name));
  };
  return (
    <form
      class="measures"
      onSubmit={(event) => {
        event.preventDefault();
        void take();
      }}
    >
      <h3>{p.measureAsk(kind, person.name)}</h3>
      {lasts && <Duration label={p.howLong} minutes={minutes} onChoose={setMinutes} />}
      {lasts && (
        <Field label={p.why} hint={p.whyHint}>
          {(id) => <input class="text-field" ref={reason} maxLength={200} {...id} />}
        </Field>
      )}
      <FieldError id="measure-error" text={fault} />
      <div class="actions end">
        <Button onPress={onCancel}>{p.cancel}</Button>
        <button type="submit" class="button danger-fill" aria-disabled={busy}>
          {p.measure(kind)}
        </button>
      </div>
    </form>
  );
}

function apply(kind: MeasureKind, room: string, id: string, how: api.Measure): Promise<unknown> {
  const h = house();
  switch (kind) {
    case 'mute':
      return api.muteIn(h, room, id, how);
    case 'kick':
      return api.removePerson(h, room, id);
    case 'ban':
      return api.banFrom(h, room, id, how);
    case 'remove-all':
      return api.removeMessages(h, id);
    case 'house-ban':
      return api.ban(h, { person: id, ...how });
  }
}
