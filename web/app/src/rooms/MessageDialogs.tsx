import * as api from '@teahouse/sdk/api';
import { useRef, useState } from 'preact/hooks';
import { Confirm } from '../parts/Confirm.tsx';
import { Field } from '../parts/Field.tsx';
import { partWords } from '../parts/words.ts';
import { house } from '../state/house.ts';
import { tell } from '../state/overlay.ts';
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
  return (
    <Confirm
      title={p.deleteAsk}
      label={p.actDelete}
      danger
      work={() => timeline.room.remove(row.seq ?? 0)}
    >
      <Quoted row={row} />
    </Confirm>
  );
}

type Reason = 'spam' | 'abuse' | 'private' | 'other';
const reasons: readonly Reason[] = ['spam', 'abuse', 'private', 'other'];

/** To the moderators, with a reason. Who wrote the message is not told. */
export function ReportDialog({ timeline, row }: MessageDialogProps) {
  const p = partWords();
  const [reason, setReason] = useState<Reason>('spam');
  const more = useRef<HTMLTextAreaElement>(null);
  const send = () => {
    const said = more.current?.value.trim() ?? '';
    const text = said === '' ? p.reason(reason) : `${p.reason(reason)}: ${said}`;
    return api.report(house(), timeline.room.id, row.seq ?? 0, text);
  };
  return (
    <Confirm title={p.reportTitle} label={p.reportSend} work={send} onDone={() => tell(p.reported)}>
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
    </Confirm>
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
