import { useRef } from 'preact/hooks';
import { doorWords } from './words.ts';
import './SignInBox.css';

/** A field for the code of an invite, or the whole link. */
export function InviteCode({ onCode }: { onCode: (code: string) => void }) {
  const d = doorWords();
  const field = useRef<HTMLInputElement>(null);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const code = codeIn(field.current?.value ?? '');
        if (code === '') field.current?.focus();
        else onCode(code);
      }}
    >
      <div class="name-line">
        <input
          ref={field}
          aria-label={d.inviteCode}
          placeholder={d.inviteCode}
          autocomplete="off"
          spellcheck={false}
          enterkeyhint="go"
        />
        <button class="send" type="submit">
          {d.inviteGo}
        </button>
      </div>
    </form>
  );
}

/** The code in what was typed or pasted. */
export function codeIn(text: string): string {
  const trimmed = text.trim();
  return /\/i\/([^/?#\s]+)/.exec(trimmed)?.[1] ?? trimmed;
}
