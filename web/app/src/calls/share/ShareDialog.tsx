import { RoomTile } from '../../components/RoomRow.tsx';
import { add } from '../../files/uploads.ts';
import { openRoom, roomsByUse } from '../../keys/around.ts';
import { type Option, type OptionGroup, Picker } from '../../parts/Picker.tsx';
import { hide, show } from '../../state/overlay.ts';
import { addressFor, isMine, type Listed, nameOf } from '../../state/rooms.ts';
import { go, roomRoute } from '../../state/route.ts';
import { setText } from '../../state/writing.ts';
import { readDraft, saveDraft } from '../../storage/drafts.ts';
import { fitting } from '../../text/pinyin.ts';
import { forgetShared, type Shared, waiting } from './shared.ts';
import { shareWords } from './words.ts';

/** Asks where it goes, if another app shared something. */
export async function askWhere(): Promise<void> {
  const shared = await waiting();
  if (shared !== undefined) show({ kind: 'share', ...shared });
}

/** In which room what was shared stands ready: in its draft. It is not sent by itself. */
export function ShareDialog(shared: Shared) {
  const w = shareWords();
  return (
    <Picker
      label={w.title}
      placeholder={w.placeholder}
      find={(text) => find(text, shared)}
      none={(typed) => w.none(typed.trim())}
      onClose={() => {
        hide();
        void forgetShared();
      }}
    />
  );
}

function find(text: string, shared: Shared): OptionGroup[] {
  const open = roomsByUse().filter((room) => room.may.includes('write') && isMine(room));
  const option = (room: Listed): Option => ({
    key: room.id,
    label: nameOf(room),
    sign: <RoomTile room={room} />,
    pick: () => void place(room, shared),
  });
  return [{ title: shareWords().rooms, options: fitting(open, text, nameOf).map(option) }];
}

/** Adds it to what is written there already. */
async function place({ id }: Listed, { text, files }: Shared): Promise<void> {
  const field = document.getElementById('composer') as HTMLTextAreaElement | null;
  const isHere = openRoom()?.id === id && field !== null;
  const draft = isHere ? { text: field.value } : await readDraft(id);
  const whole = [draft?.text ?? '', text].filter((part) => part !== '').join('\n');
  if (files.length > 0) add(id, files);
  if (isHere) setText(field, whole);
  else if (text !== '') await saveDraft(id, { ...draft, text: whole });
  go(roomRoute(addressFor(id)));
  await forgetShared();
}
