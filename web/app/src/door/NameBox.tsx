import { useEffect, useRef, useState } from 'preact/hooks';
import { FieldError } from '../components/FieldError.tsx';
import { Icon } from '../components/Icon.tsx';
import { PasswordField } from '../components/PasswordField.tsx';
import { words } from '../i18n/language.ts';
import { isStuck } from '../state/house.ts';
import { coarse } from '../state/screen.ts';
import { settings } from '../state/settings.ts';
import { bannedUntil, turnedOut } from '../state/visit.ts';
import { namesNear, suggestNames } from '../text/names.ts';
import { comeIn, doorway, type Refusal } from './coming.ts';
import type { DoorWords } from './words.en.ts';
import { doorWords } from './words.ts';
import './NameBox.css';

interface Fault {
  why: Refusal;
  name: string;
}

interface NameBoxProps {
  /** The invite by which somebody comes; it may make them a member at once. */
  invite?: string;
  /** Inside: what comes next. */
  onInside?: () => void;
}

/** *What should we call you?* One box, one button. On success the composer takes its place and its focus. */
export function NameBox({ invite, onInside }: NameBoxProps) {
  const d = doorWords();
  const answer = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLDivElement>(null);
  const { question, admission } = doorway.value ?? {};
  const asksPassword = admission === 'accounts';
  const field = useRef<HTMLInputElement>(null);
  const [fault, setFault] = useState<Fault | undefined>();
  const [coming, setComing] = useState(false);
  const isShort = question === undefined && !asksPassword;
  useEffect(() => {
    if (!coarse.peek()) field.current?.focus();
  }, []);

  const enter = async (name: string) => {
    if (coming) return;
    setComing(true);
    const secret = password.current?.querySelector('input');
    const why = await comeIn(name, {
      ...(invite !== undefined && { invite }),
      ...(answer.current !== null && { answer: answer.current.value }),
      ...(secret && { password: secret.value }),
    });
    if (why === undefined) return onInside?.();
    setComing(false);
    setFault({ why, name: name.trim() });
    const cure = why === 'question' ? answer.current : why === 'short-password' ? secret : null;
    (cure ?? field.current)?.focus();
  };
  const take = (name: string) => {
    if (field.current === null) return;
    field.current.value = name;
    field.current.focus();
    setFault(undefined);
  };

  const said = coming ? stuckText(d) : fault !== undefined ? faultText(d, fault) : turnedOutText(d);
  return (
    <form
      class="name-box"
      onSubmit={(event) => {
        event.preventDefault();
        void enter(field.current?.value ?? '');
      }}
    >
      <label for="name">{d.doorTitle}</label>
      <div class="name-line">
        <input
          id="name"
          ref={field}
          autocomplete="nickname"
          autocapitalize="words"
          spellcheck={false}
          enterkeyhint="go"
          placeholder={d.doorName}
          aria-invalid={fault !== undefined}
          aria-describedby="name-error"
          onInput={() => setFault(undefined)}
          onKeyDown={keepForInputMethod}
        />
        {isShort && <Enter coming={coming} />}
      </div>
      {question !== undefined && (
        <>
          <label for="answer">{question}</label>
          <div class="name-line">
            <input
              id="answer"
              ref={answer}
              autocomplete="off"
              enterkeyhint="go"
              placeholder={d.doorAnswer}
              aria-invalid={fault?.why === 'question'}
              aria-describedby="name-error"
              onInput={() => setFault(undefined)}
              onKeyDown={keepForInputMethod}
            />
            {!asksPassword && <Enter coming={coming} />}
          </div>
        </>
      )}
      {asksPassword && (
        <>
          <label for="name-password">{d.doorPassword}</label>
          <div class="name-line" ref={password}>
            <PasswordField
              id="name-password"
              autocomplete="new-password"
              invalid={fault?.why === 'short-password'}
              describedBy="name-error"
            />
            <Enter coming={coming} />
          </div>
        </>
      )}
      <FieldError id="name-error" text={said} />
      <Suggestions near={fault?.why === 'taken' ? fault.name : undefined} onTake={take} />
    </form>
  );
}

function Enter({ coming }: { coming: boolean }) {
  return (
    <button
      class="send"
      type="submit"
      aria-disabled={coming}
      onPointerDown={(event) => event.preventDefault()}
    >
      {doorWords().doorEnter}
    </button>
  );
}

/** The Enter that confirms a candidate must not come in. */
export function keepForInputMethod(event: KeyboardEvent): void {
  if (event.key === 'Enter' && (event.isComposing || event.keyCode === 229)) event.preventDefault();
}

interface SuggestionsProps {
  near: string | undefined;
  onTake: (name: string) => void;
}

function Suggestions({ near, onTake }: SuggestionsProps) {
  const d = doorWords();
  const { language } = settings.value;
  const [round, setRound] = useState(0);
  const [names, setNames] = useState<string[]>([]);
  useEffect(() => {
    setNames(
      near === undefined ? suggestNames(language, Math.random) : namesNear(near, Math.random),
    );
  }, [near, language, round]);
  return (
    <div class="suggestions">
      <span>{near === undefined ? d.doorSuggest : d.doorTry}</span>
      {names.map((name) => (
        <button type="button" class="suggestion" key={name} onClick={() => onTake(name)}>
          {name}
        </button>
      ))}
      <button
        type="button"
        class="suggestion"
        aria-label={d.doorAnother}
        title={d.doorAnother}
        onClick={() => setRound(round + 1)}
      >
        <Icon name="dice" size={16} />
      </button>
    </div>
  );
}

/** While the house does not answer, the SDK goes on trying; say so. */
function stuckText(d: DoorWords): string | undefined {
  return isStuck.value ? d.doorStuck : undefined;
}

function turnedOutText(d: DoorWords): string | undefined {
  const code = turnedOut.value;
  if (code === undefined) return undefined;
  if (code === 'banned') return d.doorBanned(bannedUntil.value);
  return code === 'unreachable' ? d.doorUnreachable : d.doorAgain;
}

function faultText(d: DoorWords, fault: Fault): string {
  const texts: Partial<Record<Refusal, string>> = {
    empty: d.doorEmpty,
    long: d.doorLong,
    taken: d.doorTaken(fault.name),
    bad: d.doorBad,
    'short-password': d.passwordShort,
    used: d.inviteEnded,
    closed: d.doorClosed,
    question: d.doorWrongAnswer,
    banned: d.doorBanned(bannedUntil.value),
    slow: d.doorBusy,
    busy: d.doorBusy,
    unreachable: d.doorUnreachable,
  };
  return texts[fault.why] ?? words().errorUnknown(fault.why);
}
