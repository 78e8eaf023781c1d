// The list is one tab stop. Arrow keys move between messages; inside the selected one Tab walks links and buttons.
import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';

const inside = 'a[href], button:not(.not-sent button):not(.hole-line button), section[tabindex]';

/** Keeps exactly one message in the tab order: the selected one, else the newest. */
export function useRoving(ref: RefObject<HTMLElement | null>, rows: readonly unknown[]): void {
  const focused = useRef<HTMLElement | null>(null);
  useEffect(() => {
    const box = ref.current;
    if (box === null) return;
    const onFocus = (event: FocusEvent) => {
      focused.current = (event.target as Element).closest<HTMLElement>('article');
    };
    const onBlur = (event: FocusEvent) => {
      // A row that was cut from the page blurs too, with nothing to go to: then it is not forgotten.
      if (event.relatedTarget !== null || (focused.current?.isConnected ?? false))
        focused.current = null;
    };
    const onKey = (event: KeyboardEvent) => moveBy(box, event);
    box.addEventListener('focusin', onFocus);
    box.addEventListener('focusout', onBlur);
    box.addEventListener('keydown', onKey);
    return () => {
      box.removeEventListener('focusin', onFocus);
      box.removeEventListener('focusout', onBlur);
      box.removeEventListener('keydown', onKey);
    };
  }, [ref]);
  useLayoutEffect(() => {
    const box = ref.current;
    if (box === null) return;
    const all = articles(box);
    if (focused.current !== null && !focused.current.isConnected) {
      focused.current = null;
      if (document.activeElement === document.body)
        select(box, all[0])?.focus({ preventScroll: true });
    }
    const selected = box.querySelector('article[tabindex="0"]');
    if (!(selected?.contains(document.activeElement) ?? false)) select(box, all.at(-1));
  }, [rows]);
}

function articles(box: HTMLElement): HTMLElement[] {
  return [...box.querySelectorAll<HTMLElement>('article')];
}

function select(box: HTMLElement, row: HTMLElement | undefined): HTMLElement | undefined {
  const before = box.querySelector<HTMLElement>('article[tabindex="0"]');
  if (before === row || row === undefined) return row;
  if (before !== null) setTabIndex(before, -1);
  setTabIndex(row, 0);
  return row;
}

function setTabIndex(row: HTMLElement, index: 0 | -1): void {
  row.tabIndex = index;
  for (const part of row.querySelectorAll<HTMLElement>(inside)) part.tabIndex = index;
}

function moveBy(box: HTMLElement, event: KeyboardEvent): void {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const all = articles(box);
  const at = all.findIndex((row) => row.contains(document.activeElement));
  const to = at === -1 ? undefined : destination(all, at, event.key, box.clientHeight);
  if (to === undefined || to === at) return;
  event.preventDefault();
  const row = select(box, all[to]);
  row?.focus({ preventScroll: true });
  row?.scrollIntoView({ block: 'nearest' });
}

function destination(
  all: readonly HTMLElement[],
  at: number,
  key: string,
  view: number,
): number | undefined {
  const last = all.length - 1;
  if (key === 'ArrowUp') return Math.max(0, at - 1);
  if (key === 'ArrowDown') return Math.min(last, at + 1);
  if (key === 'Home') return 0;
  if (key === 'PageUp' || key === 'PageDown') {
    const from = all[at]?.offsetTop ?? 0;
    const step = key === 'PageUp' ? -1 : 1;
    let to = at;
    while (all[to + step] !== undefined && Math.abs((all[to + step]?.offsetTop ?? 0) - from) < view)
      to += step;
    return to;
  }
  return undefined;
}
