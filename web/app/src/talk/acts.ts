// What can be done with a message: the menu and the toolbar show it, and the keys do it while the message has the focus.

import type { OutboxItem } from '@teahouse/sdk';
import { words } from '../i18n/language.ts';
import type { IconName } from '../icons.ts';
import { copy } from '../parts/copy.ts';
import { partWords } from '../parts/words.ts';
import { you } from '../state/house.ts';
import { jumpTo } from '../state/jumping.ts';
import { type Point, show, tell } from '../state/overlay.ts';
import { openPanel } from '../state/panel.ts';
import { addressFor } from '../state/rooms.ts';
import type { MessageRow } from '../state/rows.ts';
import type { Timeline } from '../state/timeline.ts';
import { type Writing, writingIn } from '../state/writing.ts';
import { plainOf } from '../text/plain.ts';
import { beginContext } from './context.ts';
import { noteUse } from './habits.ts';
import { markUnread } from './unread.ts';
import { talkWords } from './words.ts';

export interface Act {
  label: string;
  icon: IconName;
  keys?: string;
  danger?: boolean;
  act: () => void;
}

/** A message where it stands: in the room, or in a reply chain with a composer of its own. */
export interface Place {
  timeline: Timeline;
  row: MessageRow;
  chain?: number | undefined;
  /** Where a menu opens. */
  at?: Point;
}

/** Only what this person may do with this message in this room. */
export function messageActs(place: Place): Act[] {
  const { timeline, row } = place;
  if (row.seq === undefined) return [];
  return [
    ...answering(place, row.seq),
    ...taking(timeline, row, row.seq),
    ...keeping(timeline, row, row.seq),
    ...ending(timeline, row),
  ];
}

function mayDo({ info }: Timeline): (what: string) => boolean {
  const may = info.peek()?.may ?? [];
  return (what) => may.includes(what);
}

function hasText({ gone }: MessageRow): boolean {
  return gone === undefined || gone === 'muted';
}

function isMine({ by }: MessageRow): boolean {
  return by.id === you.peek()?.id;
}

function answering(place: Place, seq: number): Act[] {
  const t = talkWords();
  const { timeline, row } = place;
  const may = mayDo(timeline);
  if (!hasText(row)) return [];
  const acts: Act[] = [];
  if (may('write'))
    acts.push({ label: t.reply, icon: 'reply', keys: 'R', act: () => reply(place) });
  if (may('react'))
    acts.push({
      label: words().actReact,
      icon: 'smile',
      keys: 'A',
      act: () => pickReaction(place),
    });
  if (may('write') && isMine(row))
    acts.push({ label: t.edit, icon: 'pencil', keys: 'E', act: () => edit(place) });
  if ((row.state.replies?.count ?? 0) > 0 || row.target !== undefined)
    acts.push({
      label: t.showReplies,
      icon: 'replies',
      act: () => openPanel({ replies: rootOf(row, seq) }),
    });
  return acts;
}

function taking(timeline: Timeline, row: MessageRow, seq: number): Act[] {
  const acts: Act[] = [];
  const text = plainOf(row.text, row.mentions);
  if (hasText(row) && text !== '')
    acts.push({
      label: partWords().actCopy,
      icon: 'copy',
      keys: 'C',
      act: () => void copied(text),
    });
  const link = new URL(`/r/${addressFor(timeline.room.id)}?at=${seq}`, location.href).href;
  acts.push({ label: partWords().actLink, icon: 'link', keys: 'L', act: () => void copied(link) });
  return acts;
}

function keeping(timeline: Timeline, row: MessageRow, seq: number): Act[] {
  const t = talkWords();
  const may = mayDo(timeline);
  const acts: Act[] = [];
  const pinned = row.state.pinned ?? false;
  if (may('pin') && hasText(row))
    acts.push({
      label: pinned ? t.unpin : t.pin,
      icon: 'pin',
      keys: 'P',
      act: () => void written(timeline.room.pin(seq, !pinned)),
    });
  acts.push({ label: t.unread, icon: 'eye', keys: 'U', act: () => markUnread(timeline, seq) });
  if (row.edited && may('moderate'))
    acts.push({
      label: t.versions,
      icon: 'clock',
      act: () => show({ kind: 'versions', timeline, row }),
    });
  return acts;
}

function ending(timeline: Timeline, row: MessageRow): Act[] {
  const may = mayDo(timeline);
  if (!hasText(row)) return [];
  const acts: Act[] = [];
  if (!isMine(row) && may('report'))
    acts.push({
      label: partWords().actReport,
      icon: 'flag',
      act: () => show({ kind: 'report', timeline, row }),
    });
  if (may(isMine(row) ? 'report' : 'moderate'))
    acts.push({
      label: partWords().actDelete,
      icon: 'bin',
      keys: 'Del',
      danger: true,
      act: () => show({ kind: 'delete', timeline, row }),
    });
  return acts;
}

/** Answers a message: in its chain where that is open, else in the room. */
export function reply({ timeline, row, chain }: Place): void {
  if (row.seq === undefined) return;
  const { seq, by } = row;
  const text = plainOf(row.text, row.mentions);
  beginContext(writingIn(timeline, chain), { kind: 'reply', seq, by, text });
}

/** Takes one's own message back into the composer. */
export function edit({ timeline, row, chain }: Place): void {
  if (row.seq === undefined) return;
  const { seq, text, mentions = [] } = row;
  beginContext(writingIn(timeline, chain), { kind: 'edit', seq, text, mentions });
}

/** The reply chain that a message belongs to, by its first message. */
function rootOf({ state, target }: MessageRow, seq: number): number {
  return (state.replies?.count ?? 0) > 0 || target === undefined ? seq : target;
}

/** Puts one's reaction there, or takes it back. */
export function react(timeline: Timeline, row: MessageRow, emoji: string): void {
  if (row.seq === undefined || !mayDo(timeline)('react')) return;
  const on = !(row.state.mine ?? []).includes(emoji);
  if (on) noteUse(emoji);
  void written(timeline.room.react(row.seq, emoji, on));
}

/** Any emoji there is. */
export function pickReaction({ timeline, row, at }: Place): void {
  const box = document.querySelector(`article[data-seq="${row.seq}"]`)?.getBoundingClientRect();
  const beside = { x: (box?.right ?? 0) - 340, y: (box?.top ?? 0) + 20 };
  const onPick = (emoji: string) => react(timeline, row, emoji);
  show({ kind: 'emoji', at: at ?? beside, onPick });
}

/** To the message that is quoted, or pinned. */
export function jump(timeline: Timeline, seq: number): void {
  void jumpTo(timeline, seq);
}

/** A change is kept before it goes out; a browser that keeps nothing says so. */
async function written(change: Promise<OutboxItem>): Promise<void> {
  try {
    await change;
  } catch {
    tell(words().composerFull);
  }
}

async function copied(text: string): Promise<void> {
  tell((await copy(text)) ? partWords().actCopied : partWords().actNotCopied);
}

/** The last message of one's own that can still be edited; `before` or `after` another one. */
export function lastOwn({ timeline }: Writing, before?: number): MessageRow | undefined {
  return timeline.rows
    .peek()
    .filter((row) => row.type === 'message')
    .findLast(
      (row) =>
        row.seq !== undefined &&
        isMine(row) &&
        row.gone === undefined &&
        (before === undefined || row.seq < before),
    );
}

/** The next message of one's own. */
export function nextOwn({ timeline }: Writing, after: number): MessageRow | undefined {
  return timeline.rows
    .peek()
    .filter((row) => row.type === 'message')
    .find((row) => (row.seq ?? 0) > after && isMine(row) && row.gone === undefined);
}
