import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { Icon } from '../components/Icon.tsx';
import type { IconName } from '../icons.ts';
import type { Point } from '../state/overlay.ts';
import { closeAround, Modal } from './Modal.tsx';
import './Menu.css';

export interface MenuItem {
  label: string;
  icon: IconName;
  /** The key that does the same while the thing itself has the focus. */
  keys?: string;
  danger?: boolean;
  act: () => void;
}

interface MenuProps {
  label: string;
  at: Point;
  items: readonly MenuItem[];
  /** Over the items. */
  head?: ComponentChildren;
  onClose: () => void;
}

/** A menu at a point, on a phone from below: arrow keys move, letters jump, Esc and a press beside it close it. */
export function Menu({ label, at, items, head, onClose }: MenuProps) {
  useEffect(() => {
    window.addEventListener('resize', onClose);
    return () => window.removeEventListener('resize', onClose);
  }, []);
  return (
    <Modal
      class="menu beside sheet"
      label={label}
      at={at}
      focus='[role="menuitem"]'
      onClose={onClose}
      onKeyDown={move}
    >
      {head}
      <div role="menu" aria-label={label}>
        {items.map((item) => (
          <button
            key={item.label}
            type="button"
            role="menuitem"
            data-keys={item.keys}
            aria-keyshortcuts={item.keys?.replace('Del', 'Delete')}
            tabIndex={-1}
            class={item.danger ? 'danger' : undefined}
            onClick={(event) => {
              closeAround(event.currentTarget);
              onClose();
              item.act();
            }}
          >
            <Icon name={item.icon} size={18} />
            <span>{item.label}</span>
          </button>
        ))}
      </div>
    </Modal>
  );
}

function move(event: KeyboardEvent): void {
  const menu = event.currentTarget as HTMLElement;
  const all = [...menu.querySelectorAll<HTMLElement>('[role="menuitem"]')];
  const at = all.indexOf(document.activeElement as HTMLElement);
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const jump = { Home: 0, End: all.length - 1 }[event.key];
  const letter = event.key.length === 1 && !event.ctrlKey && !event.metaKey;
  if (event.key === 'Tab') event.preventDefault();
  const to =
    step !== undefined
      ? all[(at + step + all.length) % all.length]
      : jump !== undefined
        ? all[jump]
        : letter
          ? startingWith([...all.slice(at + 1), ...all.slice(0, at + 1)], event.key)
          : undefined;
  if (to === undefined) return;
  event.preventDefault();
  to.focus();
}

function startingWith(items: readonly HTMLElement[], letter: string): HTMLElement | undefined {
  return items.find((item) =>
    item.querySelector('span')?.textContent?.toLowerCase().startsWith(letter.toLowerCase()),
  );
}
