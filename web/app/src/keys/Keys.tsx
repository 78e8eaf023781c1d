// Keys that act wherever the focus is. Nothing here overrides the browser's find, tabs, zoom or reload.
import { useEffect } from 'preact/hooks';
import { closePanel, panel } from '../state/panel.ts';
import { clearNewLine, jumpToEnd, timelineOf } from '../state/reading.ts';
import { route } from '../state/route.ts';
import { keysAct, wide } from '../state/screen.ts';
import { settings } from '../state/settings.ts';
import { followRecent, openRoom } from './around.ts';
import { isPressed } from './combos.ts';
import { commands } from './commands.ts';

/** Listens as long as somebody is inside. Draws nothing. */
export function Keys() {
  useEffect(() => {
    const end = followRecent();
    document.addEventListener('keydown', press);
    keysAct.value = true;
    return () => {
      keysAct.value = false;
      document.removeEventListener('keydown', press);
      end();
    };
  }, []);
  return null;
}

function press(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing || event.keyCode === 229) return;
  if (document.querySelector('dialog[open], [popover]:popover-open') !== null) return;
  const command = commands.find(({ keys }) => keys !== undefined && isPressed(event, keys));
  if (command !== undefined) {
    event.preventDefault();
    if (command.may?.() !== false) command.run();
    return;
  }
  if (event.key === 'Escape') return closeInnermost();
  if (event.key === 'Tab') return fromComposer(event);
  const modified = event.ctrlKey || event.metaKey || event.altKey;
  if (event.key === 'End' && !modified && inMessages()) return toNewest(event);
  if (!modified && settings.peek().typing && isFree() && [...event.key].length === 1)
    document.getElementById('composer')?.focus();
}

/** The focus is nowhere: what is typed is meant for the text box. */
function isFree(): boolean {
  return document.activeElement?.matches('body, main') ?? true;
}

/** Closes the innermost thing; when nothing is open, goes to the end and removes the new line. */
function closeInnermost(): void {
  const open = panel.peek();
  if (open !== undefined && (open !== 'people' || !wide.peek())) return closePanel();
  const room = openRoom();
  if (room === undefined || route.peek().screen !== 'room') return;
  const timeline = timelineOf(room.id);
  jumpToEnd(timeline);
  clearNewLine(timeline);
}

/** Shift Tab from the text box goes to the last message, not to what lies in it. */
function fromComposer(event: KeyboardEvent): void {
  if (!event.shiftKey || document.activeElement?.id !== 'composer') return;
  const selected = document.querySelector<HTMLElement>('#messages article[tabindex="0"]');
  if (selected === null) return;
  event.preventDefault();
  selected.focus();
}

function toNewest(event: KeyboardEvent): void {
  const room = openRoom();
  if (room === undefined) return;
  event.preventDefault();
  jumpToEnd(timelineOf(room.id));
  document
    .querySelector<HTMLElement>('#messages article:last-of-type')
    ?.focus({ preventScroll: true });
}

function inMessages(): boolean {
  return document.activeElement?.closest('[data-region="messages"]') != null;
}
