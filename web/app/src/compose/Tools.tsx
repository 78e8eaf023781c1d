import { useRef, useState } from 'preact/hooks';
import { IconButton } from '../components/Button.tsx';
import type { Desk } from '../components/Composer.tsx';
import { lazy } from '../components/lazy.tsx';
import type { IconName } from '../icons.ts';
import { show } from '../state/overlay.ts';
import { phone } from '../state/screen.ts';
import { type Format, formatted } from './format.ts';
import { insertText, replaceText } from './insert.ts';
import { preview } from './Preview.tsx';
import { composeWords } from './words.ts';

const AttachButtons = lazy(async () => (await import('../files/files.ts')).AttachButtons);

/** The picker stands over the field, in pixels. */
const pickerHeight = 376;

/** Without a letter of their own they have a drawing. */
const formats: readonly [Format, string, string?][] = [
  ['bold', 'B', 'Ctrl B'],
  ['italic', 'I', 'Ctrl I'],
  ['struck', 'S', 'Ctrl Shift X'],
  ['code', '`', 'Ctrl E'],
  ['link', '↗', 'Ctrl K'],
  ['quote', '”'],
  ['list', '•'],
];

/** Under the field: emoji, a mention, formatting, code. On a phone behind a plus. */
export function Tools({ desk }: { desk: Desk }) {
  const t = composeWords();
  const [open, setOpen] = useState(false);
  const [more, setMore] = useState(false);
  const isPhone = phone.value;
  return (
    <div class={`composer-marks${more ? ' open' : ''}`} role="toolbar" aria-label={t.formatting}>
      {isPhone && (
        <IconButton icon="plus" label={t.more} expanded={more} onPress={() => setMore(!more)} />
      )}
      {(!isPhone || more) && (
        <>
          <span class="composer-attach">
            <AttachButtons desk={desk} />
          </span>
          <EmojiButton desk={desk} />
          <Tool icon="at" label={t.mention} act={() => mention(desk.field)} />
          <IconButton
            icon="aa"
            label={t.formatting}
            expanded={open}
            onPress={() => setOpen(!open)}
          />
          <Tool icon="code" label={t.format.block} act={() => format(desk.field, 'block')} />
          {open && <Formats field={desk.field} />}
          {open && <PreviewButton desk={desk} />}
        </>
      )}
    </div>
  );
}

/** Shows what the text will look like, until it is pressed again. */
function PreviewButton({ desk: { writing } }: { desk: Desk }) {
  const t = composeWords();
  const shown = preview.value === writing;
  const toggle = () => {
    preview.value = shown ? undefined : writing;
  };
  return (
    <IconButton
      icon="eye"
      label={shown ? t.previewEnd : t.preview}
      expanded={shown}
      onPress={toggle}
    />
  );
}

function EmojiButton({ desk: { field, form } }: { desk: Desk }) {
  const button = useRef<HTMLSpanElement>(null);
  const open = () => {
    const { left = 0 } = button.current?.getBoundingClientRect() ?? {};
    const { top } = form.getBoundingClientRect();
    const onPick = (emoji: string) => insertText(field, emoji);
    show({ kind: 'emoji', at: { x: left, y: top - pickerHeight }, onPick });
  };
  return (
    <span ref={button}>
      <IconButton icon="smile" label={composeWords().emoji} onPress={open} />
    </span>
  );
}

/** A press must not take the focus: a phone's keyboard stays open. */
function Tool({ icon, label, act }: { icon: IconName; label: string; act: () => void }) {
  return (
    <span onPointerDown={(event) => event.preventDefault()}>
      <IconButton icon={icon} label={label} onPress={act} />
    </span>
  );
}

function Formats({ field }: { field: HTMLTextAreaElement }) {
  const t = composeWords();
  return (
    <>
      {formats.map(([each, sign, keys]) => (
        <button
          key={each}
          type="button"
          class={`icon-button format-${each}`}
          aria-label={t.format[each]}
          title={keys === undefined ? t.format[each] : `${t.format[each]} (${keys})`}
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => format(field, each)}
        >
          {sign}
        </button>
      ))}
    </>
  );
}

function format(field: HTMLTextAreaElement, which: Format): void {
  const { value, selectionStart, selectionEnd } = field;
  replaceText(field, formatted(value, selectionStart, selectionEnd, which));
}

/** As if the sign were typed: the list opens. */
function mention(field: HTMLTextAreaElement): void {
  const before = field.value.slice(0, field.selectionStart);
  insertText(field, /[\p{L}\p{N}_]$/u.test(before) ? ' @' : '@');
}
