import { lazy } from '../components/lazy.tsx';
import { words } from '../i18n/language.ts';
import { Menu } from '../parts/Menu.tsx';
import { messageActs } from '../state/acts.ts';
import { hide, overlay } from '../state/overlay.ts';
import { ExportDialog } from './ExportDialog.tsx';
import { DeleteDialog, ReportDialog } from './MessageDialogs.tsx';
import { NewRoomDialog } from './NewRoomDialog.tsx';
import { PersonCard } from './PersonCard.tsx';
import { InviteDialog, LeaveDialog, RoomMenu } from './RoomMenu.tsx';

const Jump = lazy(async () => (await import('../keys/later.ts')).Jump);
const Shortcuts = lazy(async () => (await import('../keys/later.ts')).Shortcuts);
const DateDialog = lazy(async () => (await import('../keys/later.ts')).DateDialog);

/** The menu or dialog that lies over the page. */
export function Over() {
  const over = overlay.value;
  switch (over?.kind) {
    case 'message': {
      const items = messageActs(over.timeline, over.row);
      return <Menu label={words().messageMore} at={over.at} items={items} onClose={hide} />;
    }
    case 'jump':
      return <Jump text={over.text} />;
    case 'shortcuts':
      return <Shortcuts />;
    case 'date':
      return <DateDialog room={over.room} at={over.at} />;
    case 'room':
      return <RoomMenu room={over.room} at={over.at} />;
    case 'person':
      return <PersonCard key={over.person.id} person={over.person} timeline={over.timeline} />;
    case 'report':
      return <ReportDialog timeline={over.timeline} row={over.row} />;
    case 'delete':
      return <DeleteDialog timeline={over.timeline} row={over.row} />;
    case 'new-room':
      return <NewRoomDialog />;
    case 'invite':
      return <InviteDialog room={over.room} />;
    case 'leave':
      return <LeaveDialog room={over.room} />;
    case 'export':
      return <ExportDialog room={over.room} />;
    case undefined:
      return null;
  }
}
