import { useEffect, useState } from 'preact/hooks';
import { words } from '../i18n/language.ts';
import { tell } from '../state/overlay.ts';
import type { Coloured } from '../text/colours.ts';
import { Icon } from './Icon.tsx';
import './CodeBlock.css';

interface CodeBlockProps {
  lang: string | undefined;
  text: string;
}

/** Code with its language and a copy button. Colours come later, and change no size. */
export function CodeBlock({ lang, text }: CodeBlockProps) {
  const t = words();
  const [coloured, setColoured] = useState<Coloured>();
  useEffect(() => {
    let gone = false;
    setColoured(undefined);
    if (lang !== undefined) {
      // Without colours it reads as well.
      import('../text/colours.ts').then(
        ({ colour }) => {
          if (!gone) setColoured(colour(lang, text));
        },
        () => undefined,
      );
    }
    return () => {
      gone = true;
    };
  }, [lang, text]);
  const copied = async () => {
    const { copy } = await import('../parts/copy.ts');
    if (await copy(text)) tell(t.codeCopied);
  };
  return (
    <div class="code-block" dir="ltr">
      <div class="code-bar">
        <span>{lang ?? t.code}</span>
        <button type="button" tabIndex={-1} onClick={() => void copied()}>
          <Icon name="copy" size={14} /> {t.codeCopy}
        </button>
      </div>
      <section aria-label={t.codeOf(lang)} tabIndex={-1}>
        <pre>
          <code>
            {coloured?.map(([piece, kind], index) =>
              kind === undefined ? (
                piece
              ) : (
                <span key={index} class={`code-${kind}`}>
                  {piece}
                </span>
              ),
            ) ?? text}
          </code>
        </pre>
      </section>
    </div>
  );
}
