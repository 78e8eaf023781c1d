import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { words } from '../i18n/language.ts';
import {
  cleanText,
  enterSends,
  type Measure,
  makeTypist,
  measure,
  sends,
} from '../state/composer.ts';
import { jumpToEnd } from '../state/reading.ts';
import { listedRoom, nameOf } from '../state/rooms.ts';
import { coarse, phone } from '../state/screen.ts';
import { settings } from '../state/settings.ts';
import { announceFault } from '../state/speech.ts';
import type { Timeline } from '../state/timeline.ts';
import { readDraft } from '../storage/drafts.ts';
import './Composer.css';

interface ComposerProps {
  timeline: Timeline;
  /** Takes the focus at once, also on a phone: the name box had it. */
  takesFocus: boolean;
}

const blankMeasure: Measure = { blank: true, left: undefined };

function maySend(full: Measure): boolean {
  return !full.blank && (full.left === undefined || full.left >= 0);
}

/**
 * A plain text area: the only field in which every input method, spell checker and phone keyboard works.
 * Its value is the browser's; script writes it only to restore a draft and to empty it after sending.
 */
export function Composer({ timeline, takesFocus }: ComposerProps) {
  const t = words();
  const field = useRef<HTMLTextAreaElement>(null);
  const [typist] = useState(() => makeTypist(timeline.room));
  const [full, setFull] = useState<Measure>(blankMeasure);
  const listed = listedRoom(timeline.room.id);
  const info = timeline.info.value;
  const name = listed === undefined ? (info?.name ?? timeline.room.id) : nameOf(listed);
  const called = info?.direct ? name : `#${name}`;
  const mayWrite = info?.may.includes('write') ?? true;
  const rule = settings.value.enter;
  const disabled = !maySend(full);

  const changed = () => {
    const text = field.current?.value ?? '';
    typist.typed(text);
    setFull(measure(text));
    growToFit(field.current);
  };
  useLayoutEffect(() => {
    if (takesFocus || !(phone.peek() || coarse.peek())) field.current?.focus();
  }, [takesFocus]);
  useEffect(() => {
    void readDraft(timeline.room.id).then((draft) => {
      if (field.current === null || field.current.value !== '' || draft === '') return;
      field.current.value = draft;
      setFull(measure(draft));
      growToFit(field.current);
    });
    return () => typist.finish(field.current?.value ?? '');
  }, [timeline, typist]);

  const send = async () => {
    const box = field.current;
    if (box === null) return;
    const text = box.value;
    // Measured now: what is drawn may be a frame behind a quick Enter.
    if (!maySend(measure(text))) return;
    box.value = '';
    typist.finish('');
    setFull(blankMeasure);
    growToFit(box);
    try {
      await timeline.room.send(cleanText(text));
      jumpToEnd(timeline);
    } catch {
      if (box.value === '') box.value = text;
      changed();
      announceFault(t.composerFull);
    }
  };

  if (!mayWrite) return <p class="composer-closed">{closedText(timeline)}</p>;
  return (
    <form
      class="composer"
      data-region="composer"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <textarea
        id="composer"
        ref={field}
        rows={1}
        placeholder={phone.value ? t.composerPlaceholderShort : t.composerPlaceholder(called)}
        aria-label={t.composerPlaceholder(called)}
        enterkeyhint={enterSends(rule, coarse.value) ? 'send' : 'enter'}
        dir="auto"
        onInput={changed}
        onKeyDown={(event) => {
          if (!sends(event, rule, coarse.peek())) return;
          event.preventDefault();
          void send();
        }}
      />
      <div class="composer-tools">
        <span class="composer-hint" aria-live="polite">
          {full.left === undefined
            ? ''
            : full.left < 0
              ? t.composerOver(-full.left)
              : t.composerLeft(full.left)}
        </span>
        {full.left === undefined && (
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
          {t.composerSend}
        </button>
      </div>
    </form>
  );
}

/** Why nothing can be written here. */
function closedText({ info }: Timeline): string {
  const t = words();
  const { archived, silenced_until: until, policy } = info.value ?? {};
  if (archived) return t.composerArchived;
  if (until) return t.composerSilenced(until);
  if (policy?.write === 'moderators') return t.composerAnnouncements;
  return policy?.write === 'accounts' ? t.composerAccounts : t.composerReadOnly;
}

const growsByItself = typeof CSS !== 'undefined' && CSS.supports('field-sizing', 'content');

/** Where the browser does not grow the field with its text, measure it. */
function growToFit(field: HTMLTextAreaElement | null): void {
  if (field === null || growsByItself) return;
  field.style.blockSize = 'auto';
  field.style.blockSize = `${field.scrollHeight}px`;
}
