import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { IconButton } from '../components/Button.tsx';
import { say } from '../state/voice.ts';
import { callWords } from './words.ts';
import { takeUpdate, updateReady } from './worker.ts';
import './UpdateChip.css';

/** Puts the chip on the page, over whatever screen is there. A root of its own: the first load needs nothing of it. */
export function watchUpdate(): void {
  const place = document.createElement('div');
  document.body.append(place);
  render(<UpdateChip />, place);
}

/** A newer version is here. Nothing happens before a press; after *Not now* the next visit asks again. */
export function UpdateChip() {
  const w = callWords();
  const [isLater, setLater] = useState(false);
  const isReady = updateReady.value;
  useEffect(() => {
    if (isReady) say(w.update);
  }, [isReady]);
  if (!isReady || isLater) return null;
  return (
    <section class="update-chip" aria-label={w.update}>
      <span>{w.update}</span>
      <button type="button" class="text-button" onClick={takeUpdate}>
        {w.reload}
      </button>
      <IconButton icon="x" label={w.askLater} onPress={() => setLater(true)} />
    </section>
  );
}
