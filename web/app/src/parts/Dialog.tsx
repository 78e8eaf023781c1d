import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import { IconButton } from '../components/Button.tsx';
import { Modal } from './Modal.tsx';
import { partWords } from './words.ts';
import './Dialog.css';
import './parts.css';

interface DialogProps {
  title: string;
  children: ComponentChildren;
  onClose: () => void;
}

/** A dialog with a title over everything; on a phone it comes from below. */
export function Dialog({ title, children, onClose }: DialogProps) {
  const id = useId();
  return (
    <Modal class="dialog sheet" labelledBy={id} onClose={onClose}>
      <div class="dialog-box">
        <header>
          <h2 id={id}>{title}</h2>
          <IconButton icon="x" label={partWords().close} onPress={onClose} />
        </header>
        {children}
      </div>
    </Modal>
  );
}
