import { useState } from 'preact/hooks';
import { doorWords } from '../door/words.ts';
import { Icon } from './Icon.tsx';
import './PasswordField.css';

interface PasswordFieldProps {
  id: string;
  autocomplete: 'current-password' | 'new-password';
  invalid: boolean;
  describedBy: string;
}

/** A password with a toggle to see it, so that typing it twice is not needed. */
export function PasswordField({ id, autocomplete, invalid, describedBy }: PasswordFieldProps) {
  const d = doorWords();
  const [shown, setShown] = useState(false);
  const field = {
    class: 'text-field',
    id,
    name: 'password',
    autocomplete,
    autocapitalize: 'off',
    spellcheck: false,
    'aria-invalid': invalid,
    'aria-describedby': describedBy,
  } as const;
  return (
    <div class="password">
      {shown ? <input type="text" {...field} /> : <input type="password" {...field} />}
      <button
        type="button"
        class="icon-button"
        aria-pressed={shown}
        aria-label={d.passwordShow}
        title={d.passwordShow}
        onClick={() => setShown(!shown)}
      >
        <Icon name="eye" />
      </button>
    </div>
  );
}
