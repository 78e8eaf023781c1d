import * as api from '@teahouse/sdk/api';
import { useRef, useState } from 'preact/hooks';
import { Button } from '../components/Button.tsx';
import { FieldError } from '../components/FieldError.tsx';
import { useAct } from '../parts/asked.ts';
import { Dialog } from '../parts/Dialog.tsx';
import { Field } from '../parts/Field.tsx';
import { partWords } from '../parts/words.ts';
import { house } from '../state/house.ts';
import { hide, tell } from '../state/overlay.ts';
import type { MessageRow } from '../state/rows.ts';
import type { Timeline } from '../state/timeline.ts';
import { plainOf } from '../text/plain.ts';
import './MessageDialogs.css';

interface MessageDialogProps {
  timeline: Timeline;
  row: MessageRow;
}

/** Asked once: it is gone for everyone. */
export function DeleteDialog({ timeline, row }: MessageDialogProps) {
  const p = partWords();
  const { act, busy, fault } = useAct();
  const remove = async () => {
    const done = await act(() => timeline.room.remove(row.seq ?? 0));
    if (done) hide();
  };
  return (
    <Dialog title={p.deleteAsk} onClose={hide}>
      <Quoted row={row} />
      <FieldError id="delete-error" text={fault} />
      <div class="actions end">
        <Button onPress={hide}>{p.cancel}</Button>
        <button
          type="button"
          class="button danger-fill"
          aria-disabled={busy}
          onClick={() => void remove()}
        >
          {partWords().actDelete}
        </button>
      </div>
    </Dialog>
  );
}

type Reason = 'spam' | 'abuse' | 'private' | 'other';
const reasons: readonly Reason[] = ['spam', 'abuse', 'private', 'other'];

/** To the moderators, with a reason. Who wrote the message is not told. */
export function ReportDialog({ timeline, row }: MessageDialogProps) {
  const p = partWords();
  const { act, busy, fault } = useAct();
  const [reason, setReason] = useState<Reason>('spam');
  const more = useRef<HTMLTextAreaElement>(null);
  const send = async () => {
    const said = more.current?.value.trim() ?? '';
    const text = said === '' ? p.reason(reason) : `${p.reason(reason)}: ${said}`;
    const done = await act(() => api.report(house(), timeline.room.id, row.seq ?? 0, text));
    if (!done) return;
    hide();
    tell(p.reported);
  };
  return (
    <Dialog title={p.reportTitle} onClose={hide}>
      <p class="lead">{p.reportLead}</p>
      <Quoted row={row} />
      <fieldset class="reasons">
        <legend class="sr">{p.reportWhy}</legend>
        {reasons.map((each) => (
          <label key={each}>
            <input
              type="radio"
              name="reason"
              checked={each === reason}
              onChange={() => setReason(each)}
            />
            {p.reason(each)}
          </label>
        ))}
      </fieldset>
      <Field label={p.reportMore}>
        {(id) => <textarea class="text-field" ref={more} rows={2} maxLength={500} {...id} />}
      </Field>
      <FieldError id="report-error" text={fault} />
      <div class="actions end">
        <Button onPress={hide}>{p.cancel}</Button>
        <button
          type="button"
          class="button primary"
          aria-disabled={busy}
          onClick={() => void send()}
        >
          {p.reportSend}
        </button>
      </div>
    </Dialog>
  );
}

function Quoted({ row }: { row: MessageRow }) {
  return (
    <blockquote class="quoted">
      <b>{row.by.name}</b>
      <p dir="auto">{plainOf(row.text, row.mentions)}</p>
    </blockquote>
  );
}
