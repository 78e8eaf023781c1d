import { useState } from 'preact/hooks';
import { Button } from '../components/Button.tsx';
import { can, turnOn } from './device.ts';
import { seen } from './state.ts';
import { callWords } from './words.ts';

const key = 'teahouse.asked';
/** After *Not now* nobody is asked for so long. */
const rest_ms = 30 * 24 * 60 * 60 * 1000;

/** Asks, once somebody called; the browser's own question comes only from the press. Never after a refusal. */
export function AskCard() {
  const w = callWords();
  const [asked, setAsked] = useState(wasAsked());
  const isCalled = seen.value?.calls.some(({ kind }) => kind !== 'reaction') ?? false;
  if (asked || !isCalled || can.value !== 'off') return null;
  const done = () => {
    rememberAsked();
    setAsked(true);
  };
  return (
    <section class="ask-card">
      <p>{w.ask}</p>
      <div class="actions">
        <Button primary onPress={() => void turnOn().then(done)}>
          {w.askOn}
        </Button>
        <Button onPress={done}>{w.askLater}</Button>
      </div>
    </section>
  );
}

function wasAsked(): boolean {
  try {
    return Date.now() - Number(localStorage.getItem(key) ?? 0) < rest_ms;
  } catch {
    return true;
  }
}

function rememberAsked(): void {
  try {
    localStorage.setItem(key, String(Date.now()));
  } catch {
    // A browser that keeps nothing asks again when it is opened again.
  }
}
