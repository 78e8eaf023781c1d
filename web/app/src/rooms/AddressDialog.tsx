import { Button } from '../components/Button.tsx';
import { Dialog } from '../parts/Dialog.tsx';
import { partWords } from '../parts/words.ts';
import { hide } from '../state/overlay.ts';
import './MessageDialogs.css';

/** Asked before a link is opened whose text looks like another address. */
export function AddressDialog({ href }: { href: string }) {
  const p = partWords();
  const url = new URL(href);
  return (
    <Dialog title={p.addressTitle} onClose={hide}>
      <p>{p.addressWhy}</p>
      <blockquote class="quoted" dir="ltr">
        <b>{url.host || url.pathname}</b>
        <p>{url.href}</p>
      </blockquote>
      <div class="actions end">
        <Button onPress={hide}>{p.cancel}</Button>
        <a
          class="button danger-fill"
          href={href}
          target="_blank"
          rel="noopener noreferrer"
          onClick={hide}
        >
          {p.addressOpen}
        </a>
      </div>
    </Dialog>
  );
}
