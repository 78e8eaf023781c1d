// The toolbar of a message: one for the whole list, put into the row under the mouse or with the focus, so that a row
// costs nothing. Its buttons carry the same marks as those of the row; the list's one listener obeys them.
import { render } from 'preact';
import { Icon } from '../components/Icon.tsx';
import { words } from '../i18n/language.ts';
import { likely } from './habits.ts';
import { talkWords } from './words.ts';
import './toolbar.css';

/** How many reactions stand ready. */
const ready = 2;

/** Follows mouse and focus in a list until the answer is called; `may` is what the person may do there. */
export function followRows(box: HTMLElement, may: () => readonly string[]): () => void {
  const host = document.createElement('div');
  host.className = 'message-tools';
  host.setAttribute('role', 'toolbar');
  const end = new AbortController();
  let moves = false;
  const enter = (article: HTMLElement | null | undefined) => {
    if (article === null || article === undefined || article.contains(host)) return;
    if (article.querySelector('[data-menu]') === null) return host.remove();
    host.setAttribute('aria-label', talkWords().tools);
    render(<Tools may={may()} tabIndex={article.tabIndex} />, host);
    // A button of it that has the focus loses it by this, which is no leaving.
    moves = true;
    article.append(host);
    moves = false;
    besidePill(host, article);
  };
  const leave = () => {
    const focused = document.activeElement?.closest<HTMLElement>('article[data-seq]');
    if (focused !== null && focused !== undefined && box.contains(focused)) enter(focused);
    else host.remove();
  };
  const over = (event: PointerEvent) => {
    if (event.pointerType === 'mouse') enter(rowOf(event.target));
  };
  const { signal } = end;
  box.addEventListener('pointerover', over, { signal, passive: true });
  box.addEventListener('pointerleave', leave, { signal, passive: true });
  box.addEventListener('focusin', ({ target }) => enter(rowOf(target)), { signal });
  const blurred = ({ relatedTarget }: FocusEvent) => {
    if (relatedTarget === null && !moves) leave();
  };
  box.addEventListener('focusout', blurred, { signal });
  // This comes a moment after the room: the mouse may rest on a row already.
  if (matchMedia('(hover: hover)').matches)
    enter(box.querySelector<HTMLElement>('article[data-seq]:hover'));
  return () => {
    end.abort();
    render(null, host);
    host.remove();
  };
}

/** The pill that leads to the end may lie over the row: then the toolbar stands left of it. */
function besidePill(host: HTMLElement, article: HTMLElement): void {
  host.style.removeProperty('inset-inline-end');
  const pill = document.querySelector('.latest-pill')?.getBoundingClientRect();
  const own = host.getBoundingClientRect();
  if (pill === undefined || own.bottom < pill.top || own.top > pill.bottom) return;
  if (own.right < pill.left || own.left > pill.right) return;
  const { right } = article.getBoundingClientRect();
  host.style.insetInlineEnd = `${Math.round(right - pill.left + 8)}px`;
}

function rowOf(target: EventTarget | null): HTMLElement | null | undefined {
  return (target as Element | null)?.closest<HTMLElement>('article[data-seq]');
}

function Tools({ may, tabIndex }: { may: readonly string[]; tabIndex: number }) {
  const t = words();
  const own = talkWords();
  return (
    <>
      {may.includes('react') &&
        likely(ready).map((emoji) => (
          <button
            key={emoji}
            type="button"
            data-react={emoji}
            aria-label={own.reactWith(emoji)}
            title={own.reactWith(emoji)}
            tabIndex={tabIndex}
          >
            {emoji}
          </button>
        ))}
      {may.includes('react') && <Tool mark="add" icon="smile" label={t.actReact} tab={tabIndex} />}
      {may.includes('write') && <Tool mark="reply" icon="reply" label={own.reply} tab={tabIndex} />}
      <Tool mark="menu" icon="more" label={t.messageMore} tab={tabIndex} />
    </>
  );
}

interface ToolProps {
  mark: 'add' | 'reply' | 'menu';
  icon: 'smile' | 'reply' | 'more';
  label: string;
  tab: number;
}

function Tool({ mark, icon, label, tab }: ToolProps) {
  return (
    <button
      type="button"
      {...{ [`data-${mark}`]: '' }}
      aria-label={label}
      title={label}
      tabIndex={tab}
      aria-haspopup={mark === 'menu' ? 'menu' : undefined}
    >
      <Icon name={icon} size={16} />
    </button>
  );
}
