import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Modal } from './Modal.tsx';
import './Picker.css';

export interface Option {
  key: string;
  label: string;
  /** Said after the label, in grey. */
  hint?: string | undefined;
  /** The keys that do the same anywhere. */
  keys?: string | undefined;
  sign?: ComponentChildren;
  pick: () => void;
}

export interface OptionGroup {
  title: string;
  options: readonly Option[];
}

interface PickerProps {
  label: string;
  placeholder: string;
  /** What stands there for a text. */
  find: (text: string) => readonly OptionGroup[];
  /** Said when nothing fits. */
  none: (text: string) => string;
  onClose: () => void;
  /** What the field begins with. */
  text?: string;
}

/**
 * A field over a list, the combobox of the ARIA practices: the field keeps the focus, arrow keys move the choice,
 * Enter takes it, Esc closes. While an input method composes, no key is taken; its letters already narrow the list.
 */
export function Picker({ label, placeholder, find, none, onClose, text = '' }: PickerProps) {
  const list = useRef<HTMLDivElement>(null);
  // What is typed and chosen now; what is drawn may be a frame behind quick fingers.
  const now = useRef({ text, at: 0 });
  const [, draw] = useState(0);
  const id = useId();
  const groups = find(now.current.text).filter(({ options }) => options.length > 0);
  const all = optionsOf(groups);
  const chosen = all[now.current.at];
  useLayoutEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
  }, [chosen?.key]);
  const set = (change: Partial<typeof now.current>) => {
    Object.assign(now.current, change);
    draw((count) => count + 1);
  };
  const pick = (option: Option | undefined) => {
    if (option === undefined) return;
    onClose();
    option.pick();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.isComposing || event.keyCode === 229) return;
    const options = optionsOf(find(now.current.text));
    const to = stepOf(event, now.current.at, options.length);
    if (to !== undefined) set({ at: to });
    else if (event.key === 'Enter') pick(options[now.current.at]);
    else return;
    event.preventDefault();
  };
  return (
    <Modal class="picker" label={label} focus="input" onClose={onClose}>
      <input
        class="picker-field"
        type="text"
        role="combobox"
        aria-label={label}
        aria-expanded="true"
        aria-controls={id}
        aria-autocomplete="list"
        aria-activedescendant={chosen === undefined ? undefined : `${id}-${chosen.key}`}
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        enterkeyhint="go"
        placeholder={placeholder}
        defaultValue={text}
        onInput={(event) => set({ text: event.currentTarget.value, at: 0 })}
        onKeyDown={onKeyDown}
      />
      <div class="picker-list" ref={list} id={id} role="listbox" aria-label={label} tabIndex={-1}>
        {groups.map((group) => (
          <Group key={group.title} id={id} group={group} chosen={chosen} onPick={pick} />
        ))}
      </div>
      <p class={all.length === 0 ? 'picker-none' : 'sr'} role="status">
        {all.length === 0 ? none(now.current.text) : ''}
      </p>
    </Modal>
  );
}

function optionsOf(groups: readonly OptionGroup[]): Option[] {
  return groups.flatMap(({ options }) => options);
}

interface GroupProps {
  id: string;
  group: OptionGroup;
  chosen: Option | undefined;
  onPick: (option: Option) => void;
}

function Group({ id, group, chosen, onPick }: GroupProps) {
  const title = `${id}-of-${group.options[0]?.key ?? ''}`;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a list box holds groups, no fieldsets.
    <div role="group" aria-labelledby={title}>
      <p class="section" id={title}>
        {group.title}
      </p>
      {group.options.map((option) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the field has the keys.
        <div
          key={option.key}
          class="picker-option"
          role="option"
          id={`${id}-${option.key}`}
          aria-selected={option === chosen}
          tabIndex={-1}
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => onPick(option)}
        >
          {option.sign}
          <span class="picker-label">{option.label}</span>
          {option.hint !== undefined && <small>{option.hint}</small>}
          {option.keys !== undefined && <kbd>{option.keys}</kbd>}
        </div>
      ))}
    </div>
  );
}

function stepOf(event: KeyboardEvent, at: number, count: number): number | undefined {
  if (count === 0 || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey)
    return undefined;
  const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 };
  const step = steps[event.key];
  if (step === undefined) return undefined;
  if (Math.abs(step) === 1) return (at + step + count) % count;
  return Math.max(0, Math.min(count - 1, at + step));
}
