import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { words } from '../i18n/language.ts';
import { areWhole, attachedTo } from '../state/attached.ts';
import {
  cleanText,
  enterSends,
  isInFence,
  type Measure,
  makeTypist,
  measure,
  sends,
  type Typist,
} from '../state/composer.ts';
import { begun } from '../state/reading.ts';
import { listedRoom, nameOf } from '../state/rooms.ts';
import { coarse, phone } from '../state/screen.ts';
import { sendFrom } from '../state/sending.ts';
import { settings } from '../state/settings.ts';
import type { Timeline } from '../state/timeline.ts';
import { announceFault } from '../state/voice.ts';
import { type Writing, writingIn } from '../state/writing.ts';
import type { KeptDraft } from '../storage/database.ts';
import { onDraft, readDraft } from '../storage/drafts.ts';
import { compose, fetchCompose } from './compose.ts';
import { lazy } from './lazy.tsx';
import './Composer.css';

const ComposerClosed = lazy(async () => (await import('./later.ts')).ComposerClosed, true);

interface ComposerProps {
  timeline: Timeline;
  /** Takes the focus at once, also on a phone: the name box had it. */
  takesFocus: boolean;
  /** The reply chain that is answered here, by its first message and who wrote that. */
  chain?: { root: number; name: string };
}

/** What the parts around the field do with it. */
export interface Desk {
  writing: Writing;
  form: HTMLFormElement;
  field: HTMLTextAreaElement;
  /** The text was changed by script. */
  changed: () => void;
  send: () => void;
}

const blankMeasure: Measure = { blank: true, left: undefined };

function maySend(full: Measure, attached: boolean): boolean {
  return (attached || !full.blank) && (full.left === undefined || full.left >= 0);
}

/**
 * A plain text area: the only field in which every input method, spell checker and phone keyboard works.
 * Its value is the browser's; script writes it only to restore a draft, to begin an edit, and to empty it.
 */
export function Composer({ timeline, takesFocus, chain }: ComposerProps) {
  const t = words();
  const writing = writingIn(timeline, chain?.root);
  const field = useRef<HTMLTextAreaElement>(null);
  const form = useRef<HTMLFormElement>(null);
  const [typist] = useState(() => makeTypist(writing));
  const [full, setFull] = useState<Measure>(blankMeasure);
  const mayWrite = timeline.info.value?.may.includes('write') ?? true;
  const rule = settings.value.enter;
  const editing = writing.context.value?.kind === 'edit';
  const attached = attachedTo(writing.key).value.length > 0;
  const disabled = !maySend(full, attached) && !editing;
  const label =
    chain === undefined ? t.composerPlaceholder(calledOf(timeline)) : t.replyTo(chain.name);

  const changed = () => {
    const text = field.current?.value ?? '';
    typist.typed(text);
    setFull(measure(text));
    growToFit(field.current);
  };
  useLayoutEffect(() => {
    if (chain !== undefined && !takesFocus) return;
    if (takesFocus || !(phone.peek() || coarse.peek())) field.current?.focus();
  }, [takesFocus]);
  // Whoever may write again has another field.
  useLayoutEffect(() => {
    const own = field.current;
    if (own === null) return;
    return keepDraft(writing, typist, own, () => {
      setFull(measure(own.value));
      growToFit(own);
    });
  }, [writing, typist, mayWrite]);
  const send = () => void submit({ writing, typist, changed });
  const [desk, setDesk] = useState<Desk | undefined>();
  useEffect(() => {
    if (begun.value) void fetchCompose().catch(() => undefined);
  }, [begun.value]);
  useEffect(() => {
    if (form.current !== null && field.current !== null)
      setDesk({ writing, form: form.current, field: field.current, changed, send });
  }, [writing, mayWrite]);

  if (!mayWrite) return <ComposerClosed timeline={timeline} />;
  const Helper = compose.value;
  return (
    <form
      class="composer"
      ref={form}
      data-region={chain === undefined ? 'composer' : undefined}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {Helper !== undefined && desk !== undefined && <Helper.Above desk={desk} />}
      <textarea
        id={chain === undefined ? 'composer' : 'composer-chain'}
        ref={field}
        rows={1}
        placeholder={phone.value && chain === undefined ? t.composerPlaceholderShort : label}
        aria-label={label}
        enterkeyhint={enterSends(rule, coarse.value) ? 'send' : 'enter'}
        dir="auto"
        onInput={changed}
        onPaste={(event) => pasteFiles(event, writing.key)}
        onKeyDown={(event) => {
          if (event.defaultPrevented || !sends(event, rule, coarse.peek())) return;
          const plain = !event.ctrlKey && !event.metaKey;
          const { value, selectionStart } = event.currentTarget;
          if (plain && isInFence(value, selectionStart)) return;
          event.preventDefault();
          send();
        }}
      />
      <div class="composer-tools">
        {Helper !== undefined && desk !== undefined && <Helper.Tools desk={desk} />}
        <span class="composer-hint" aria-live="polite">
          {full.left === undefined
            ? ''
            : full.left < 0
              ? t.composerOver(-full.left)
              : t.composerLeft(full.left)}
        </span>
        {full.left === undefined && chain === undefined && (
          <span class="composer-hint composer-keys">
            {enterSends(rule, coarse.value) ? t.composerHint : t.composerHintNever}
          </span>
        )}
        <button
          class="send"
          type="submit"
          aria-disabled={disabled}
          onPointerDown={(event) => event.preventDefault()}
        >
          {editing ? t.composerSave : t.composerSend}
        </button>
      </div>
    </form>
  );
}

/** What the room is called in the field. */
function calledOf({ room, info }: Timeline): string {
  const listed = listedRoom(room.id);
  const name = listed === undefined ? (info.value?.name ?? room.id) : nameOf(listed);
  return info.value?.direct ? name : `#${name}`;
}

interface Submission {
  writing: Writing;
  typist: Typist;
  changed: () => void;
}

/** Files that are pasted are attached, also before the part that does it is here. */
function pasteFiles(event: ClipboardEvent, key: string): void {
  const files = [...(event.clipboardData?.files ?? [])];
  // A table from a spreadsheet comes as a picture of itself, too: its text is meant.
  if (files.length === 0 || event.clipboardData?.types.includes('text/plain')) return;
  event.preventDefault();
  void import('../files/files.ts').then(({ add }) => add(key, files));
}

/** Sends what stands in the field. It is emptied before anything is waited for. */
async function submit({ writing, typist, changed }: Submission): Promise<void> {
  const { field } = writing;
  if (field === undefined) return;
  const text = field.value;
  const clean = cleanText(text);
  const before = writing.context.peek();
  if (clean === '' && before?.kind === 'edit') return (await fetchCompose()).askToDelete(writing);
  // Measured now: what is drawn may be a frame behind a quick Enter.
  const files = before?.kind === 'edit' ? [] : attachedTo(writing.key).peek();
  if (!maySend(measure(text), files.length > 0)) return;
  if (!areWhole(files)) {
    const { sendWhenWhole } = await import('../files/files.ts');
    return sendWhenWhole(writing);
  }
  if (clean.startsWith('/') && before?.kind !== 'edit') {
    const { obeyed } = await fetchCompose();
    // Meanwhile it was changed, or left, or went out with another Enter.
    if (writing.field !== field || field.value !== text) return;
    if (obeyed(writing, clean, field)) return;
  }
  const chosen = new Map(writing.chosen);
  field.value = '';
  const sent = sendFrom(writing, clean);
  typist.finish(field.value);
  changed();
  try {
    await sent;
  } catch {
    announceFault(words().composerFull);
    await (await fetchCompose()).giveBack(writing, { text, chosen, context: before });
  }
}

/** Restores the draft, and follows what other tabs write while this field has no focus. Returns the end of it. */
function keepDraft(
  writing: Writing,
  typist: Typist,
  field: HTMLTextAreaElement,
  drawn: () => void,
): () => void {
  let isKnown = false;
  writing.field = field;
  const put = (draft: KeptDraft | undefined, context = draft?.context) => {
    field.value = draft?.text ?? '';
    writing.context.value = context;
    writing.stash = draft?.stash ?? '';
    for (const [name, id] of draft?.chosen ?? []) writing.chosen.set(name, id);
    drawn();
  };
  void readDraft(writing.key).then((draft) => {
    isKnown = true;
    if (draft === undefined || field.value !== '') return;
    const now = writing.context.peek();
    const isEdit = draft.context?.kind === 'edit';
    // What is answered outlives its field; an edit and a message are never taken for one another.
    if (now === undefined || isEdit === (now.kind === 'edit')) put(draft, isEdit ? undefined : now);
  });
  const end = onDraft(writing.key, (draft) => {
    if (document.activeElement !== field) put(draft);
  });
  return () => {
    end();
    writing.field = undefined;
    // What was never shown is not emptied either.
    if (isKnown || field.value !== '') typist.finish(field.value);
  };
}

const growsByItself = typeof CSS !== 'undefined' && CSS.supports('field-sizing', 'content');

/** Where the browser does not grow the field with its text, measure it. */
function growToFit(field: HTMLTextAreaElement | null): void {
  if (field === null || growsByItself) return;
  field.style.blockSize = 'auto';
  field.style.blockSize = `${field.scrollHeight}px`;
}
