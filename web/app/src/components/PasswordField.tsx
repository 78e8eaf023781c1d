import { useState } from 'preact/hooks';
import { words } from '../i18n/language.ts';
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
  const t = words();
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
        aria-label={t.passwordShow}
        title={t.passwordShow}
        onClick={() => setShown(!shown)}
      >
        <Icon name="eye" />
      </button>
    </div>
  );
}
