import { useState } from 'preact/hooks';
import { Button } from '../components/Button.tsx';
import { copy } from '../parts/copy.ts';

import { Qr } from './Qr.tsx';
import { partWords } from './words.ts';
import './CopyLine.css';

interface CopyLineProps {
  label: string;
  text: string;
  /** Shows the QR code at once. */
  qr?: boolean;
}

/** A link to give to somebody: to read, to copy, to photograph. */
export function CopyLine({ label, text, qr = false }: CopyLineProps) {
  const p = partWords();
  const [done, setDone] = useState<boolean | undefined>();
  const [shown, setShown] = useState(qr);
  return (
    <div class="copy-line">
      <div class="copy-text">
        <input
          class="text-field"
          readOnly
          value={text}
          aria-label={label}
          onFocus={(event) => event.currentTarget.select()}
        />
        <Button primary onPress={() => void copy(text).then(setDone)}>
          {done === true ? p.copied : p.copy}
        </Button>
        {!qr && <Button onPress={() => setShown(!shown)}>{p.qr}</Button>}
      </div>
      <p class="hint" role="status">
        {done === false && p.copyFailed}
      </p>
      {shown && <Qr text={text} label={p.qrOf(label)} />}
    </div>
  );
}

/** An address of this house as somebody else types it. */
export function whole(path: string): string {
  return new URL(path, location.href).href;
}
