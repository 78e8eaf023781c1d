import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { Button, IconButton } from '../components/Button.tsx';
import { Icon } from '../components/Icon.tsx';
import { Skeleton } from '../components/Skeleton.tsx';
import { words } from '../i18n/language.ts';
import { partWords } from '../parts/words.ts';
import { wire } from '../state/house.ts';
import { go, route } from '../state/route.ts';
import { phone } from '../state/screen.ts';
import { Chips } from './Chips.tsx';
import { Hits } from './Hits.tsx';
import { None } from './None.tsx';
import { forgetSearches, searched } from './recent.ts';
import { found, search } from './state.ts';
import { searchWords } from './words.ts';
import './SearchPanel.css';

const rest_ms = 250;

/** One field, filters, and what was found. Beside the room, over it, or a screen of its own on a phone. */
export function SearchPanel({ text, onClose }: { text: string; onClose: () => void }) {
  const w = searchWords();
  const panel = useRef<HTMLElement>(null);
  useEffect(() => void search(text), [text]);
  return (
    <aside class="panel search" aria-label={w.title} ref={panel} data-region="panel">
      <div class="panel-head">
        <h2>{w.title}</h2>
        <IconButton icon="x" label={w.close} onPress={onClose} />
      </div>
      <search class="search-ask" aria-label={w.title}>
        <Field text={text} panel={panel} />
        <Chips text={text} onChange={ask} />
      </search>
      <div class="panel-body">
        <Outcome text={text} />
      </div>
    </aside>
  );
}

/** The address follows what is asked, so that a reload and a link find the same. */
function ask(text: string): void {
  const here = route.peek();
  if (here.screen === 'room' && typeof here.panel === 'object' && 'search' in here.panel)
    go({ ...here, panel: { search: text } }, true);
  else go({ screen: 'search', q: text }, true);
}

interface FieldProps {
  text: string;
  panel: { current: HTMLElement | null };
}

function Field({ text, panel }: FieldProps) {
  const w = searchWords();
  const field = useRef<HTMLInputElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useLayoutEffect(() => {
    if (!phone.peek()) field.current?.focus();
    return () => clearTimeout(timer.current);
  }, []);
  useLayoutEffect(() => {
    // A chip or the address changed it; what is being typed is never overwritten.
    const box = field.current;
    if (box !== null && box.value.trim() !== text.trim()) box.value = text;
  }, [text]);
  const now = () => {
    clearTimeout(timer.current);
    if (field.current !== null) ask(field.current.value.trim());
  };
  const entered = () => {
    // Asked for once more, the same may find what was said meanwhile.
    if (field.current?.value.trim() === text.trim()) void search(text, true);
    else now();
  };
  return (
    <form
      class="search-field"
      onSubmit={(event) => {
        event.preventDefault();
        entered();
      }}
    >
      <Icon name="search" size={18} />
      <input
        id="search-field"
        type="search"
        ref={field}
        aria-label={w.field}
        placeholder={w.placeholder}
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        enterkeyhint="search"
        defaultValue={text}
        onInput={(event) => {
          clearTimeout(timer.current);
          if (!event.isComposing) timer.current = setTimeout(now, rest_ms);
        }}
        onCompositionEnd={() => {
          clearTimeout(timer.current);
          timer.current = setTimeout(now, rest_ms);
        }}
        onKeyDown={(event) => {
          if (event.isComposing || event.keyCode === 229 || event.key !== 'ArrowDown') return;
          event.preventDefault();
          panel.current?.querySelector<HTMLElement>('.hit')?.focus();
        }}
      />
    </form>
  );
}

/** One of the drawn states: nothing asked, on its way, here, nothing found, failed, offline. */
function Outcome({ text }: { text: string }) {
  const w = searchWords();
  const now = found.value;
  switch (now.state) {
    case 'blank':
      return <Recent hasDays={now.hasDays === true} />;
    case 'loading':
      return <Skeleton rows={3} />;
    case 'ready':
      return (
        <>
          {now.isBehind && <Behind text={text} />}
          {now.count === 0 ? <None ready={now} onAsk={ask} /> : <Hits ready={now} />}
        </>
      );
    case 'failed':
      return (
        <div class="search-note" role="status">
          <p>{wire.value === 'offline' ? w.offline : `${w.failed} ${faultOf(now.code)}`}</p>
          <Button onPress={() => void search(text)}>{words().errorRetry}</Button>
        </div>
      );
  }
}

/** The newest messages cannot be found yet. */
function Behind({ text }: { text: string }) {
  const w = searchWords();
  return (
    <div class="search-note" role="status">
      <p>{w.behind}</p>
      <Button onPress={() => void search(text, true)}>{w.again}</Button>
    </div>
  );
}

function faultOf(code: string): string {
  return partWords().faults[code] ?? words().errorUnknown(code);
}

/** What was searched before, and how filters are written. */
function Recent({ hasDays }: { hasDays: boolean }) {
  const w = searchWords();
  return (
    <div class="search-note">
      {hasDays ? <p role="status">{w.daysOnly}</p> : <p>{w.blank}</p>}
      <p>
        <code>{w.hint}</code>
      </p>
      {searched.value.length > 0 && (
        <section aria-labelledby="searched">
          <h3 class="section" id="searched">
            {w.recent}
          </h3>
          <ul>
            {searched.value.map((one) => (
              <li key={one}>
                <button type="button" class="search-again" onClick={() => ask(one)}>
                  <Icon name="clock" size={16} />
                  <span>{one}</span>
                </button>
              </li>
            ))}
          </ul>
          <Button onPress={forgetSearches}>{w.recentForget}</Button>
        </section>
      )}
    </div>
  );
}
