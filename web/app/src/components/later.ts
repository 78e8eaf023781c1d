// What nobody needs to see the room and write, in one piece: it is fetched when the page has nothing else to do.
import './TypingDots.css';

export { Banner } from './Banner.tsx';
export { ComposerClosed } from './ComposerClosed.tsx';
export { EndedDialog } from './EndedDialog.tsx';
export { JoinBar } from './JoinBar.tsx';
export { FloatingDate, LatestPill, SincePill } from './ListPills.tsx';
export { NotSent } from './NotSent.tsx';
export { PeoplePanel } from './PeoplePanel.tsx';
export { followRowMenus } from './rowMenus.ts';
export { WireFacts } from './WireFacts.tsx';
export { YouMenu } from './YouMenu.tsx';
