import { useState } from 'preact/hooks';
import { words } from '../i18n/language.ts';
import { linkify } from '../text/linkify.ts';
import { isLargeEmoji, isLong, langOf } from '../text/shape.ts';
import './MessageBody.css';

/** Message text as elements: lines as written, bare links, large emoji, long texts folded. Never HTML. */
export function MessageBody({ text }: { text: string }) {
  const t = words();
  const [open, setOpen] = useState(false);
  const long = isLong(text);
  const kind = isLargeEmoji(text) ? ' large' : long && !open ? ' folded' : '';
  return (
    <>
      <p class={`message-text${kind}`} lang={langOf(text, t.tag)} dir="auto">
        {linkify(text).map((piece, index) =>
          piece.href === undefined ? (
            piece.text
          ) : (
            <a
              key={index}
              href={piece.href}
              target="_blank"
              rel="noopener noreferrer"
              tabIndex={-1}
            >
              {piece.text}
            </a>
          ),
        )}
      </p>
      {long && (
        <button
          type="button"
          class="message-fold"
          aria-expanded={open}
          onClick={() => setOpen(!open)}
        >
          {open ? t.listLess : t.listMore}
        </button>
      )}
    </>
  );
}
