import { lazy } from '../components/lazy.tsx';
import { overlay } from '../state/overlay.ts';
import { AddMenu, CodeDialog } from './AddMenu.tsx';
import { AddressDialog } from './AddressDialog.tsx';
import { ExportDialog } from './ExportDialog.tsx';
import { DeleteDialog, ReportDialog } from './MessageDialogs.tsx';
import { NewRoomDialog } from './NewRoomDialog.tsx';
import { PersonCard } from './PersonCard.tsx';
import { InviteDialog, LeaveDialog, RoomMenu } from './RoomMenu.tsx';

const Jump = lazy(async () => (await import('../keys/later.ts')).Jump);
const Shortcuts = lazy(async () => (await import('../keys/later.ts')).Shortcuts);
const DateDialog = lazy(async () => (await import('../keys/later.ts')).DateDialog);
const MessageMenu = lazy(async () => (await import('../talk/MessageMenu.tsx')).MessageMenu);
const EmojiPopover = lazy(async () => (await import('../emoji/EmojiPopover.tsx')).EmojiPopover);
const VersionsDialog = lazy(
  async () => (await import('../talk/VersionsDialog.tsx')).VersionsDialog,
);
const ReactionsDialog = lazy(
  async () => (await import('../talk/ReactionsDialog.tsx')).ReactionsDialog,
);

const ShareDialog = lazy(async () => (await import('../calls/share/ShareDialog.tsx')).ShareDialog);
const Lightbox = lazy(async () => (await import('../files/files.ts')).Lightbox);

/** The menu or dialog that lies over the page. */
export function Over() {
  const over = overlay.value;
  switch (over?.kind) {
    case 'jump':
      return <Jump text={over.text} />;
    case 'shortcuts':
      return <Shortcuts />;
    case 'date':
      return <DateDialog room={over.room} at={over.at} />;
    case 'message':
      return <MessageMenu {...over} />;
    case 'emoji':
      return <EmojiPopover {...over} />;
    case 'versions':
      return <VersionsDialog {...over} />;
    case 'reactions':
      return <ReactionsDialog row={over.row} />;
    case 'room':
      return <RoomMenu room={over.room} at={over.at} />;
    case 'person':
      return <PersonCard key={over.person.id} person={over.person} timeline={over.timeline} />;
    case 'report':
      return <ReportDialog timeline={over.timeline} row={over.row} />;
    case 'delete':
      return <DeleteDialog timeline={over.timeline} row={over.row} />;
    case 'lightbox':
      return <Lightbox files={over.files} at={over.at} />;
    case 'address':
      return <AddressDialog href={over.href} />;
    case 'add':
      return <AddMenu />;
    case 'code':
      return <CodeDialog />;
    case 'new-room':
      return <NewRoomDialog />;
    case 'invite':
      return <InviteDialog room={over.room} />;
    case 'leave':
      return <LeaveDialog room={over.room} />;
    case 'export':
      return <ExportDialog room={over.room} />;
    case 'share':
      return <ShareDialog text={over.text} files={over.files} />;
    case undefined:
      return null;
  }
}
