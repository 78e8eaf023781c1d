import { Button } from '../components/Button.tsx';
import { Segmented } from '../components/Segmented.tsx';
import type { Automatic, Bench, PollPause } from './bench.ts';
import type { Size } from './text.ts';
import { labWords } from './words.ts';

const sizes: readonly Size[] = [120, 1024, 8192];

/** What can be tried. */
export function LabControls({ bench }: { bench: Bench }) {
  const l = labWords();
  const isPaused = bench.pausedAt.value !== undefined;
  return (
    <fieldset class="lab-controls" aria-label={l.bench}>
      <Button primary onPress={() => bench.sendOne()}>
        {l.send}
      </Button>
      <Button onPress={() => bench.sendBurst()}>{l.burst}</Button>
      <Segmented<Automatic>
        label={l.auto}
        name="lab-auto"
        value={bench.automatic.value}
        choices={[
          { value: 'off', label: l.autoOff },
          { value: 'slow', label: l.autoSlow },
          { value: 'fast', label: l.autoFast },
        ]}
        onChoose={(value) => {
          bench.automatic.value = value;
        }}
      />
      <Segmented
        label={l.size}
        name="lab-size"
        value={String(bench.size.value)}
        choices={sizes.map((size) => ({ value: String(size), label: l.sizes[size] }))}
        onChoose={(value) => bench.setSize(sizes.find((size) => String(size) === value) ?? 120)}
      />
      <PollSelect bench={bench} />
      <div class="lab-pause">
        <Button onPress={() => bench.setPaused(!isPaused)}>{isPaused ? l.goOn : l.pause}</Button>
      </div>
    </fieldset>
  );
}

function PollSelect({ bench }: { bench: Bench }) {
  const l = labWords();
  const pauses: readonly PollPause[] = ['1', '2', '5', 'server'];
  return (
    <label class="lab-select" title={l.everySaid}>
      <span>{l.every}</span>
      <select
        value={bench.pollPause.value}
        onChange={({ currentTarget }) =>
          bench.setPollPause(pauses.find((one) => one === currentTarget.value) ?? '2')
        }
      >
        {pauses.map((pause) => (
          <option key={pause} value={pause}>
            {pause === 'server' ? l.everyServer : l.seconds(pause)}
          </option>
        ))}
      </select>
    </label>
  );
}
