import { useEffect } from 'preact/hooks';
import { IconButton } from '../components/Button.tsx';
import type { Desk } from '../components/Composer.tsx';
import { Icon } from '../components/Icon.tsx';
import { lazy } from '../components/lazy.tsx';
import { words } from '../i18n/language.ts';
import { areWhole, attachedTo } from '../state/attached.ts';
import { cleanText } from '../state/composer.ts';
import { sendFrom } from '../state/sending.ts';
import { announceFault } from '../state/voice.ts';
import { endContext } from '../state/writing.ts';
import { edit, lastOwn, nextOwn } from '../talk/acts.ts';
import { fieldText } from '../talk/context.ts';
import { giveBack } from './back.ts';
import { formatOf, formatted, isLink, linkOver, looksLikeCode } from './format.ts';
import { replaceText } from './insert.ts';
import { type Offer, offer } from './offer.ts';
import { Preview } from './Preview.tsx';
import { Suggestions } from './Suggestions.tsx';
import { composeWords } from './words.ts';
import './compose.css';

const Tray = lazy(async () => (await import('../files/files.ts')).Tray);

const offered_ms = 5000;

/** Over the field: what is replied to or edited, a question, suggestions. */
export function Above({ desk }: { desk: Desk }) {
  useKeys(desk);
  usePaste(desk);
  return (
    <>
      <Tray desk={desk} />
      <ContextBar desk={desk} />
      <OfferBar desk={desk} />
      <Preview desk={desk} />
      <Suggestions desk={desk} />
    </>
  );
}

/** What the next message does besides being one, and the way out of it. */
function ContextBar({ desk: { writing, field } }: { desk: Desk }) {
  const t = composeWords();
  const context = writing.context.value;
  if (context === undefined) return null;
  const isEdit = context.kind === 'edit';
  return (
    <div class="composer-context">
      <Icon name={isEdit ? 'pencil' : 'reply'} size={16} />
      <span>
        <b>{isEdit ? t.editing : t.replying(context.by.name)}</b>
        {!isEdit && <bdi> {context.text.slice(0, 200)}</bdi>}
      </span>
      <IconButton
        icon="x"
        label={isEdit ? t.editCancel : t.replyCancel}
        onPress={() => {
          endContext(writing);
          field.focus();
        }}
      />
    </div>
  );
}

/** A question that goes by itself or with an answer: is it a message, is it code, is it to stand here again. */
function OfferBar({ desk }: { desk: Desk }) {
  const t = composeWords();
  const { writing, field } = desk;
  const now = offer.value;
  if (now === undefined || now.writing !== writing) return null;
  const close = () => {
    offer.value = undefined;
    field.focus();
  };
  const accept = () => {
    close();
    accepted(desk, now);
  };
  const [asks, answer] = {
    code: () => [t.pasteCode, t.pasteAsCode],
    unknown: () => [t.unknown(now.kind === 'unknown' ? now.command : ''), t.send],
    back: () => [t.notSent(now.kind === 'back' ? now.text : ''), t.putBack],
  }[now.kind]();
  return (
    <div class="composer-context" role="alert">
      <span>{asks}</span>
      <button type="button" class="text-button" onClick={accept}>
        {answer}
      </button>
      <IconButton icon="x" label={t.cancel} onPress={close} />
    </div>
  );
}

function accepted(desk: Desk, now: Offer): void {
  const { field } = desk;
  if (now.kind === 'unknown') return sendAsMessage(desk, now.command);
  if (now.kind === 'code')
    return replaceText(field, formatted(field.value, now.from, now.to, 'block'));
  // What is written by now goes on below it.
  const text = field.value === '' ? now.text : `${now.text}\n`;
  replaceText(field, { from: 0, to: 0, text });
}

/** Sends what stands there, if it is still the text that was asked about. */
function sendAsMessage({ writing, field, send }: Desk, command: string): void {
  const text = field.value;
  if (!text.trimStart().startsWith(command)) return;
  // It waits for its files, and is asked about again.
  if (!areWhole(attachedTo(writing.key).peek())) return send();
  const chosen = new Map(writing.chosen);
  const context = writing.context.peek();
  replaceText(field, { from: 0, to: text.length, text: '' });
  sendFrom(writing, cleanText(text)).catch(() => {
    announceFault(words().composerFull);
    return giveBack(writing, { text, chosen, context });
  });
}

/** Formatting keys, Esc, and the way to one's own earlier messages. */
function useKeys({ writing, field }: Desk): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing || event.keyCode === 229) return;
      const handled =
        event.ctrlKey || event.metaKey
          ? !event.altKey && format(field, event)
          : !event.altKey && !event.shiftKey && walk({ writing, field }, event.key);
      if (!handled) return;
      event.preventDefault();
      event.stopPropagation();
    };
    field.addEventListener('keydown', onKey);
    return () => field.removeEventListener('keydown', onKey);
  }, [writing, field]);
}

function format(field: HTMLTextAreaElement, event: KeyboardEvent): boolean {
  const wanted = formatOf(event);
  const { value, selectionStart, selectionEnd } = field;
  // Without a selection its key is that of *Jump to…*.
  if (wanted === undefined || (wanted === 'link' && selectionStart === selectionEnd)) return false;
  replaceText(field, formatted(value, selectionStart, selectionEnd, wanted));
  return true;
}

function walk({ writing, field }: Pick<Desk, 'writing' | 'field'>, key: string): boolean {
  const context = writing.context.peek();
  if (key === 'Escape') {
    if (offer.peek() !== undefined) offer.value = undefined;
    else if (context !== undefined) endContext(writing);
    else return false;
    return true;
  }
  const isUntouched =
    field.value === '' || (context?.kind === 'edit' && field.value === fieldText(context));
  if (!isUntouched || (key !== 'ArrowUp' && key !== 'ArrowDown')) return false;
  const { timeline, chain } = writing;
  const at = context?.kind === 'edit' ? context.seq : undefined;
  if (key === 'ArrowDown' && at === undefined) return false;
  const row = key === 'ArrowUp' ? lastOwn(writing, at) : nextOwn(writing, at ?? 0);
  if (row !== undefined) edit({ timeline, row, chain });
  else if (key === 'ArrowDown') endContext(writing);
  return true;
}

/** A link over a selection becomes a link; several lines of code may become a block. */
function usePaste({ writing, field }: Desk): void {
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const onPaste = (event: ClipboardEvent) => {
      const text = event.clipboardData?.getData('text/plain') ?? '';
      const { selectionStart: from, selectionEnd: to, value } = field;
      if (event.defaultPrevented || text === '') return;
      if (to > from && isLink(text) && !isLink(value.slice(from, to))) {
        event.preventDefault();
        return replaceText(field, linkOver(value, from, to, text));
      }
      const pasted = text.replace(/\r\n?/g, '\n');
      if (!looksLikeCode(pasted)) return;
      offer.value = { kind: 'code', writing, from, to: from + pasted.length };
      clearTimeout(timer);
      timer = setTimeout(() => {
        if (offer.peek()?.kind === 'code') offer.value = undefined;
      }, offered_ms);
    };
    field.addEventListener('paste', onPaste);
    return () => {
      clearTimeout(timer);
      field.removeEventListener('paste', onPaste);
    };
  }, [writing, field]);
}
