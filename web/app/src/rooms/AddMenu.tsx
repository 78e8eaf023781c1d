import { lazy } from '../components/lazy.tsx';
import { words } from '../i18n/language.ts';
import { Dialog } from '../parts/Dialog.tsx';
import { Menu, type MenuItem } from '../parts/Menu.tsx';
import { partWords } from '../parts/words.ts';
import { may } from '../state/me.ts';
import { hide, show } from '../state/overlay.ts';
import { idOf, listedRoom } from '../state/rooms.ts';
import { go, lastRoom } from '../state/route.ts';

const InviteCode = lazy(async () => (await import('../door/InviteCode.tsx')).InviteCode);

/** Under the plus over the rooms, in pixels. */
const at = { x: 12, y: 52 };

/** What the plus over the rooms offers: a new room, an invite to the one that is open, coming in by a code. */
export function AddMenu() {
  return <Menu label={words().roomAdd} at={at} items={ways()} onClose={hide} />;
}

function ways(): MenuItem[] {
  const p = partWords();
  const id = idOf(lastRoom.peek());
  const room = id === undefined ? undefined : listedRoom(id);
  const items: MenuItem[] = [];
  if (may('make_rooms'))
    items.push({ label: words().roomMake, icon: 'plus', act: () => show({ kind: 'new-room' }) });
  if (room?.may.includes('invite')) {
    const act = () => show({ kind: 'invite', room: room.id });
    items.push({ label: p.inviteTo(room.name), icon: 'link', act });
  }
  items.push({ label: p.haveCode, icon: 'key', act: () => show({ kind: 'code' }) });
  return items;
}

/** Coming into a room by the code of an invite, or its whole link. */
export function CodeDialog() {
  const p = partWords();
  return (
    <Dialog title={p.haveCode} onClose={hide}>
      <p class="lead">{p.haveCodeLead}</p>
      <InviteCode
        onCode={(code) => {
          hide();
          go({ screen: 'invite', code });
        }}
      />
    </Dialog>
  );
}
