import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { Avatar } from '../components/Avatar.tsx';
import type { Desk } from '../components/Composer.tsx';
import { emojiTable, type Table } from '../emoji/emoji.ts';
import { isMine, nameOf, rooms } from '../state/rooms.ts';
import { settings } from '../state/settings.ts';
import { noteUse } from '../talk/habits.ts';
import { commands } from './commands.ts';
import { replaceText } from './insert.ts';
import { knownPeople } from './people.ts';
import { type Sources, type Suggestion, suggestions, type Trigger, triggerAt } from './suggest.ts';
import { composeWords } from './words.ts';

interface Shown {
  trigger: Trigger;
  items: readonly Suggestion[];
  active: number;
}

/**
 * What may be meant by what is being typed. The field keeps the focus. While an input method composes, the list neither
 * opens nor takes keys; one that is open goes on with the letters of the unfinished composition.
 */
export function Suggestions({ desk }: { desk: Desk }) {
  const t = composeWords();
  const { field } = desk;
  const id = useId();
  const list = useSuggestions(desk);
  const { shown, take } = list;
  useEffect(() => {
    const option = shown === undefined ? null : `${id}-${shown.active}`;
    set(field, 'aria-activedescendant', option);
    set(field, 'aria-controls', shown === undefined ? null : id);
    if (option !== null) document.getElementById(option)?.scrollIntoView({ block: 'nearest' });
  }, [shown]);
  return (
    <>
      <span class="sr" role="status">
        {shown !== undefined && t.count(shown.items.length)}
      </span>
      {shown !== undefined && (
        <div class="suggestions" id={id} role="listbox" aria-label={t.suggestions}>
          {shown.items.map((item, index) => (
            <div
              tabIndex={-1}
              key={item.key}
              id={`${id}-${index}`}
              role="option"
              aria-selected={index === shown.active}
              onPointerDown={(event) => {
                event.preventDefault();
                take(item);
              }}
            >
              {item.person !== undefined && <Avatar person={item.person} size={24} />}
              {item.emoji !== undefined && <i>{item.emoji}</i>}
              <bdi>{item.label}</bdi>
              <small>{item.detail}</small>
            </div>
          ))}
        </div>
      )}
    </>
  );
}

function set(field: HTMLElement, name: string, value: string | null): void {
  if (value === null) field.removeAttribute(name);
  else field.setAttribute(name, value);
}

function useSuggestions(desk: Desk) {
  const { field, writing } = desk;
  const [shown, setShown] = useState<Shown | undefined>();
  const now = useRef<Shown | undefined>(undefined);
  const put = (next: Shown | undefined) => {
    now.current = next;
    setShown(next);
  };
  const take = (item: Suggestion) => {
    const { trigger } = now.current ?? {};
    put(undefined);
    if (trigger === undefined) return;
    if (item.id !== undefined) writing.chosen.set(item.text, item.id);
    if (item.emoji !== undefined) noteUse(item.emoji);
    const to = field.selectionStart;
    const blank =
      item.emoji === undefined && !/^\s/.test(field.value.slice(to)) && !/\s$/.test(item.text);
    replaceText(field, { from: trigger.from, to, text: item.text + (blank ? ' ' : '') });
    if (item.text.endsWith(' ')) return;
    put(undefined);
  };
  useEffect(() => watchField(desk, { now, put, take }), [field, writing]);
  return { shown, take };
}

interface List {
  now: { current: Shown | undefined };
  put: (next: Shown | undefined) => void;
  take: (item: Suggestion) => void;
}

/** Follows what is typed, and takes keys while the list is open. */
function watchField(desk: Desk, { now, put, take }: List): () => void {
  const { field, form } = desk;
  const tables: Table[] = [];
  let fetching = false;
  let dismissed = -1;
  let composes = false;
  const update = (isComposing: boolean) => {
    const trigger = field === document.activeElement ? triggerOf(field) : undefined;
    if (trigger === undefined || trigger.from === dismissed) {
      if (trigger === undefined) dismissed = -1;
      return put(undefined);
    }
    if (isComposing && now.current === undefined) return;
    if (trigger.sign === ':' && !fetching) {
      fetching = true;
      const fetched = fetchTables(tables).then(
        () => update(false),
        () => {
          fetching = false;
        },
      );
      void fetched;
    }
    const items = suggestions(trigger, sourcesOf(desk, tables));
    put(items.length === 0 ? undefined : { trigger, items, active: 0 });
  };
  const end = new AbortController();
  const { signal } = end;
  const onInput = (event: Event) => update((event as InputEvent).isComposing);
  field.addEventListener('input', onInput, { signal });
  const composing = () => {
    composes = true;
  };
  field.addEventListener('compositionstart', composing, { signal });
  const composed = () => {
    composes = false;
    update(false);
  };
  field.addEventListener('compositionend', composed, { signal });
  // Somebody came while their name is being typed.
  const unfollow = desk.writing.timeline.here.subscribe(() => update(composes));
  field.addEventListener('click', () => update(false), { signal });
  field.addEventListener('blur', () => put(undefined), { signal });
  const onKey = (event: KeyboardEvent) => {
    const open = now.current;
    if (open === undefined || event.isComposing || event.keyCode === 229) return;
    if (event.key === 'Escape') dismissed = open.trigger.from;
    const next = pressed(open, event, take);
    if (next === open) return;
    event.preventDefault();
    event.stopPropagation();
    if (next !== 'taken') put(next);
  };
  form.addEventListener('keydown', onKey, { signal, capture: true });
  return () => {
    end.abort();
    unfollow();
  };
}

/** What a key does to the open list: another selection, closed, taken, or nothing (the same list). */
function pressed(
  open: Shown,
  { key, shiftKey, ctrlKey, metaKey, altKey }: KeyboardEvent,
  take: (item: Suggestion) => void,
): Shown | 'taken' | undefined {
  if (ctrlKey || metaKey || altKey || shiftKey) return open;
  const { items, active } = open;
  const step = { ArrowDown: 1, ArrowUp: -1 }[key];
  if (step !== undefined) return { ...open, active: (active + step + items.length) % items.length };
  if (key === 'Escape') return undefined;
  const item = items[active];
  if ((key !== 'Enter' && key !== 'Tab') || item === undefined) return open;
  // A command that is written out is obeyed at once.
  if (key === 'Enter' && open.trigger.sign === '/' && item.key === open.trigger.typed) return open;
  take(item);
  return 'taken';
}

function triggerOf({ value, selectionStart, selectionEnd }: HTMLTextAreaElement) {
  return selectionStart === selectionEnd ? triggerAt(value, selectionStart) : undefined;
}

async function fetchTables(into: Table[]): Promise<void> {
  const own = settings.peek().language;
  const both = [emojiTable(own), emojiTable(own === 'en' ? 'zh' : 'en')];
  into.push(...(await Promise.all(both)));
}

function sourcesOf({ writing }: Desk, emoji: readonly Table[]): Sources {
  const t = composeWords();
  const mayCall = writing.timeline.info.peek()?.may.includes('call') ?? false;
  const all = [
    { name: 'here', detail: t.here },
    { name: 'room', detail: t.room },
  ];
  return {
    people: knownPeople(writing),
    all: mayCall ? all : [],
    rooms: (rooms.peek() ?? [])
      .filter((room) => !room.direct && isMine(room))
      .map((room) => ({ id: room.id, name: nameOf(room), topic: room.topic })),
    commands: commands(writing),
    emoji,
  };
}
