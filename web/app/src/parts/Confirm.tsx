import type { ComponentChildren } from 'preact';
import { Button } from '../components/Button.tsx';
import { FieldError } from '../components/FieldError.tsx';
import { hide } from '../state/overlay.ts';
import { useAct } from './asked.ts';
import { Dialog } from './Dialog.tsx';
import { partWords } from './words.ts';

interface ConfirmProps {
  title: string;
  /** What the button says. */
  label: string;
  /** It takes something away. */
  danger?: boolean;
  /** Done when pressed; the dialog stays, and says why, when it is refused. */
  work: () => Promise<unknown>;
  /** After it was done and the dialog is gone. */
  onDone?: () => void;
  children: ComponentChildren;
}

/** Asks once before something is done, and does it. */
export function Confirm({ title, label, danger = false, work, onDone, children }: ConfirmProps) {
  const { act, busy, fault } = useAct();
  const go = async () => {
    if (!(await act(work))) return;
    hide();
    onDone?.();
  };
  return (
    <Dialog title={title} onClose={hide}>
      {children}
      <FieldError id="confirm-error" text={fault} />
      <div class="actions end">
        <Button onPress={hide}>{partWords().cancel}</Button>
        <button
          type="button"
          class={danger ? 'button danger-fill' : 'button primary'}
          aria-disabled={busy}
          onClick={() => void go()}
        >
          {label}
        </button>
      </div>
    </Dialog>
  );
}
