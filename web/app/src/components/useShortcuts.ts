// Keys that act wherever the focus is. Nothing here overrides the browser's find, tabs, zoom or reload.
import { useEffect } from 'preact/hooks';
import { closePanel, panel } from '../state/panel.ts';
import { clearNewLine, jumpToEnd } from '../state/reading.ts';
import { wide } from '../state/screen.ts';
import type { Timeline } from '../state/timeline.ts';

const regions = ['rooms', 'header', 'messages', 'composer', 'panel'];
const focusable = 'a[href], button:not([disabled]), input, textarea, [tabindex="0"]';

export function useShortcuts(timeline: Timeline): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => press(timeline, event);
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [timeline]);
}

function press(timeline: Timeline, event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing || event.keyCode === 229) return;
  if (document.querySelector('dialog[open], [popover]:popover-open') !== null) return;
  if (event.key === 'Escape') return closeInnermost(timeline);
  if (event.key === 'F6' && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    return focusRegion(event.shiftKey ? -1 : 1);
  }
  const modified = event.ctrlKey || event.metaKey || event.altKey;
  if (event.key === 'End' && !modified && inMessages()) {
    event.preventDefault();
    jumpToEnd(timeline);
    document
      .querySelector<HTMLElement>('#messages article:last-of-type')
      ?.focus({ preventScroll: true });
    return;
  }
  const free = document.activeElement?.matches('body, main') ?? true;
  if (!modified && free && [...event.key].length === 1)
    document.getElementById('composer')?.focus();
}

/** Closes the innermost thing; when nothing is open, goes to the end and removes the new line. */
function closeInnermost(timeline: Timeline): void {
  const open = panel.peek();
  if (open !== undefined && (open !== 'people' || !wide.peek())) return closePanel();
  jumpToEnd(timeline);
  clearNewLine(timeline);
}

function inMessages(): boolean {
  return document.activeElement?.closest('[data-region="messages"]') != null;
}

function focusRegion(step: 1 | -1): void {
  const present = regions
    .map((name) => document.querySelector<HTMLElement>(`[data-region="${name}"]`))
    .filter((region) => region !== null);
  const at = present.findIndex((region) => region.contains(document.activeElement));
  for (let i = 1; i <= present.length; i += 1) {
    const from = at === -1 && step === 1 ? -1 : Math.max(at, 0);
    const region = present[(from + step * i + present.length * 2) % present.length];
    const target =
      region?.querySelector<HTMLElement>('textarea, [tabindex="0"]') ??
      region?.querySelector<HTMLElement>(focusable);
    if (target != null && target.offsetParent !== null) return target.focus();
  }
}
