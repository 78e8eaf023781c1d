import * as api from '@teahouse/sdk/api';
import { Dialog } from '../parts/Dialog.tsx';
import { partWords } from '../parts/words.ts';
import { hide } from '../state/overlay.ts';
import { listedRoom, nameOf } from '../state/rooms.ts';

/** A room to take along: the browser saves what the house streams, however long it is. */
export function ExportDialog({ room: id }: { room: string }) {
  const p = partWords();
  const room = listedRoom(id);
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const link = (form: 'html' | 'ndjson', label: string) => (
    <a class="button" href={`/${api.exportPath(id, form, timeZone)}`} download="" onClick={hide}>
      {label}
    </a>
  );
  return (
    <Dialog title={p.takeRoomTitle(room === undefined ? id : nameOf(room))} onClose={hide}>
      <p class="lead">{p.takeRoomLead}</p>
      <div class="actions">
        {link('html', p.takeRoomPage)}
        {link('ndjson', p.takeRoomLines)}
      </div>
    </Dialog>
  );
}
