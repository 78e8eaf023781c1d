// The shell of everything that lies over the page: dialogs, menus, pickers, large images. Drawn is open; Esc and a
// press beside it close it, and the focus goes back to where it was. What stands in it is others' work.
import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Point } from '../state/overlay.ts';
import { phone } from '../state/screen.ts';
import './Modal.css';

interface ModalProps {
  /** How it looks; `sheet` among it comes from below on a phone. */
  class: string;
  /** What it is called, or the id of what says so. */
  label?: string | undefined;
  labelledBy?: string | undefined;
  describedBy?: string | undefined;
  /** Beside that point, but for a phone; else where its style says. */
  at?: Point | undefined;
  /** What takes the focus, if not the first that can. */
  focus?: string | undefined;
  onClose: () => void;
  onKeyDown?: ((event: KeyboardEvent) => void) | undefined;
  children: ComponentChildren;
}

export function Modal({ at, focus, onClose, onKeyDown, children, ...named }: ModalProps) {
  const box = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const dialog = box.current;
    const before = document.activeElement;
    dialog?.showModal();
    if (dialog !== null && at !== undefined && !phone.peek()) place(dialog, at);
    if (focus !== undefined) dialog?.querySelector<HTMLElement>(focus)?.focus();
    return () => {
      // Closed at once by what was picked in it: then the focus is where that put it.
      if (dialog?.open !== true) return;
      dialog.close();
      // Something else may have taken it meanwhile, and where it came from may have gone with it.
      const isLost = document.activeElement === document.body || document.activeElement === null;
      if (isLost && before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog
      class={`modal ${named.class}`}
      ref={box}
      aria-label={named.label}
      aria-labelledby={named.labelledBy}
      aria-describedby={named.describedBy}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onPointerDown={(event) => {
        if (event.target === event.currentTarget) onClose();
      }}
      onKeyDown={onKeyDown}
    >
      {children}
    </dialog>
  );
}

/** Closes what an element stands in before what was picked is done: it gives the focus back, which that may take. */
export function closeAround(element: Element): void {
  element.closest('dialog')?.close();
}

/** Beside the point, within the window. By script and not by an attribute, which the page's policy forbids. */
function place(dialog: HTMLElement, { x, y }: Point): void {
  const { width, height } = dialog.getBoundingClientRect();
  dialog.style.insetInlineStart = `${Math.max(8, Math.min(x, innerWidth - width - 8))}px`;
  dialog.style.insetBlockStart = `${Math.max(8, Math.min(y, innerHeight - height - 8))}px`;
}
