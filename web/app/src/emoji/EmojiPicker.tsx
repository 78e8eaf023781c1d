import { effect, signal } from '@preact/signals';
import { useEffect, useId, useMemo, useRef, useState } from 'preact/hooks';
import { words } from '../i18n/language.ts';
import { whose } from '../storage/whose.ts';
import { noteUse, used } from '../talk/habits.ts';
import { type Emoji, emojiTable, findEmoji, type Table, toned } from './emoji.ts';
import { emojiWords } from './words.ts';
import './EmojiPicker.css';

interface EmojiPickerProps {
  onPick: (emoji: string) => void;
}

const columns = 9;
const foundMax = 72;
/** The types want a `list`, which is for another kind of combobox. */
const combobox = { role: 'combobox', 'aria-expanded': 'true' };
/** What stands for each group, in the order of the table; the first tab is what one uses. */
const signs = ['😀', '👋', '🐼', '🍵', '⚽', '🚲', '💡', '🔣', '🏁'];
const tones = [0, 1, 2, 3, 4, 5];
const toneKey = 'teahouse.tone';
const tone = signal(0);

effect(() => {
  whose.value;
  tone.value = readTone();
});

/** All emoji by group, found by words of either language. The field keeps the focus; arrow keys move in the grid. */
export function EmojiPicker({ onPick }: EmojiPickerProps) {
  const t = emojiWords();
  const tables = useTables();
  const [typed, setTyped] = useState('');
  const [group, setGroup] = useState(used().length > 0 ? 0 : 1);
  const [active, setActive] = useState(0);
  const field = useRef<HTMLInputElement>(null);
  const id = useId();
  const shown = useMemo(() => shownOf(tables, typed, group), [tables, typed, group]);
  useEffect(() => field.current?.focus(), []);
  useEffect(() => {
    document.getElementById(`${id}-${active}`)?.scrollIntoView({ block: 'nearest' });
  }, [active]);
  const show = (next: number) => {
    setGroup(next);
    setTyped('');
    setActive(0);
    if (field.current !== null) field.current.value = '';
  };
  const pick = (emoji: Emoji | undefined) => {
    if (emoji === undefined) return;
    const made = toned(emoji, tone.peek());
    noteUse(made);
    onPick(made);
  };
  return (
    <div class="emoji-picker">
      <input
        ref={field}
        class="emoji-search"
        type="search"
        {...(combobox as object)}
        placeholder={t.search}
        aria-label={t.search}
        aria-controls={id}
        aria-activedescendant={shown.length > 0 ? `${id}-${active}` : undefined}
        onInput={(event) => {
          setTyped(event.currentTarget.value);
          setActive(0);
        }}
        onKeyDown={(event) => {
          if (event.isComposing || event.keyCode === 229) return;
          if (event.key === 'Enter') {
            event.preventDefault();
            return pick(shown[active]);
          }
          const to = moved(active, event.key, shown.length, event.currentTarget.value !== '');
          if (to === undefined) return;
          event.preventDefault();
          setActive(to);
        }}
      />
      <Groups group={typed === '' ? group : -1} onShow={show} />
      <div class="emoji-grid" id={id} role="listbox" aria-label={t.emoji}>
        {shown.map((emoji, index) => (
          <button
            key={emoji.emoji}
            id={`${id}-${index}`}
            type="button"
            role="option"
            aria-selected={index === active}
            aria-label={emoji.name}
            title={emoji.name}
            tabIndex={-1}
            onPointerEnter={() => setActive(index)}
            onClick={() => pick(emoji)}
          >
            {toned(emoji, tone.value)}
          </button>
        ))}
        {tables.length > 0 && shown.length === 0 && <p class="emoji-none">{t.none}</p>}
      </div>
      <div class="emoji-foot">
        <span class="emoji-name">{shown[active]?.name}</span>
        <Tones />
      </div>
    </div>
  );
}

/** The table of the page's language, then the other one, too. */
function useTables(): Table[] {
  const own = words().tag === 'en' ? 'en' : 'zh';
  const [tables, setTables] = useState<Table[]>([]);
  useEffect(() => {
    let isOver = false;
    const load = async () => {
      const first = await emojiTable(own);
      if (!isOver) setTables([first]);
      const second = await emojiTable(own === 'en' ? 'zh' : 'en');
      if (!isOver) setTables([first, second]);
    };
    load().catch(() => undefined);
    return () => {
      isOver = true;
    };
  }, [own]);
  return tables;
}

function shownOf(tables: readonly Table[], typed: string, group: number): readonly Emoji[] {
  const [first] = tables;
  if (first === undefined) return [];
  if (typed.trim() !== '') return findEmoji(tables, typed, foundMax);
  if (group > 0) return first.groups[group - 1] ?? [];
  const known = new Map(first.all.map((emoji) => [emoji.emoji, emoji]));
  return used().map(
    (emoji) => known.get(emoji) ?? { emoji, name: emoji, words: [], takesTone: false },
  );
}

/** Arrow keys in the grid; to the sides only where they do not belong to the text. */
function moved(at: number, key: string, count: number, hasText: boolean): number | undefined {
  const step = { ArrowDown: columns, ArrowUp: -columns }[key];
  const side = hasText && at === 0 ? undefined : { ArrowLeft: -1, ArrowRight: 1 }[key];
  const by = step ?? side;
  if (by === undefined || count === 0) return undefined;
  return Math.max(0, Math.min(count - 1, at + by));
}

function Groups({ group, onShow }: { group: number; onShow: (group: number) => void }) {
  const t = emojiWords();
  return (
    <div class="emoji-groups" role="tablist" aria-label={t.groups}>
      {['🕘', ...signs].map((sign, index) => (
        <button
          key={sign}
          type="button"
          role="tab"
          aria-selected={index === group}
          aria-label={t.group[index]}
          title={t.group[index]}
          onClick={() => onShow(index)}
        >
          {sign}
        </button>
      ))}
    </div>
  );
}

function Tones() {
  const t = emojiWords();
  const hand: Emoji = { emoji: '✋', name: '', words: [], takesTone: true };
  return (
    <fieldset class="emoji-tones" aria-label={t.tones}>
      {tones.map((each) => (
        <button
          key={each}
          type="button"
          aria-pressed={each === tone.value}
          aria-label={t.tone[each]}
          onClick={() => chooseTone(each)}
        >
          {toned(hand, each)}
        </button>
      ))}
    </fieldset>
  );
}

function chooseTone(next: number): void {
  tone.value = next;
  try {
    localStorage.setItem(toneKey, String(next));
  } catch {
    // Kept as long as the page.
  }
}

function readTone(): number {
  try {
    const kept = Number(localStorage.getItem(toneKey));
    return tones.includes(kept) ? kept : 0;
  } catch {
    return 0;
  }
}
