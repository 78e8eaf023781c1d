import type { Person } from '@teahouse/sdk';
import { useMemo, useState } from 'preact/hooks';
import { words } from '../i18n/language.ts';
import { parse } from '../text/parse.ts';
import { isLargeEmoji, isLong, langOf } from '../text/shape.ts';
import { Blocks } from './MessageText.tsx';
import './MessageBody.css';

interface MessageBodyProps {
  text: string;
  /** The people that the text names, as they are called now. */
  mentions?: readonly Person[] | undefined;
}

/** Message text as elements, long texts folded. Never HTML. */
export function MessageBody({ text, mentions = [] }: MessageBodyProps) {
  const t = words();
  const [open, setOpen] = useState(false);
  const tree = useMemo(() => parse(text), [text]);
  const long = isLong(text);
  const kind = isLargeEmoji(text) ? ' large' : long && !open ? ' folded' : '';
  return (
    <>
      <div class={`message-text${kind}`} lang={langOf(text, t.tag)}>
        <Blocks blocks={tree} people={mentions} />
      </div>
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
