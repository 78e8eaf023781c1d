import { useEffect } from 'preact/hooks';
import { Button } from '../components/Button.tsx';
import { words } from '../i18n/language.ts';
import { transport } from '../state/house.ts';
import { settings } from '../state/settings.ts';
import { chooseTransport } from '../state/transport.ts';
import type { Bench } from './bench.ts';
import { LabControls } from './LabControls.tsx';
import { LabLegend } from './LabLegend.tsx';
import { LabTable } from './LabTable.tsx';
import { LaneRow } from './LaneRow.tsx';
import { labWords } from './words.ts';
import './LabBench.css';

/** Controls, four lanes, legend, table, and when which one is right. */
export function LabBench({ bench }: { bench: Bench }) {
  const l = labWords();
  useTouches(bench);
  const fixed = settings.value.transport;
  const prices = bench.lanes.map((lane) => lane.figures.value.price);
  const most = Math.max(1, ...prices.map((p) => (p ? p.text + p.frame + p.transport : 0)));
  return (
    <>
      <LabControls bench={bench} />
      <LabNote bench={bench} />
      <div class="lanes">
        <div class="lane lane-head" aria-hidden="true">
          <div>{l.headHow}</div>
          <div>{l.headTime}</div>
          <div class="lane-figures">
            <span>{l.headDelay}</span>
            <span>{l.headPer}</span>
            <span>{l.headIdle}</span>
          </div>
        </div>
        {bench.lanes.map((lane) => (
          <LaneRow
            key={lane.name}
            lane={lane}
            bench={bench}
            most={most}
            inUse={transport.value === lane.name}
            fixed={fixed === lane.name}
          />
        ))}
      </div>
      {fixed !== 'auto' && (
        <div class="lab-fixed">
          <p>{l.fixed(words().wireName(fixed))}</p>
          <Button onPress={() => chooseTransport('auto')}>{l.choose}</Button>
        </div>
      )}
      <LabLegend />
      <LabTable lanes={bench.lanes} />
      <section class="lab-right" aria-label={l.whyTitle}>
        {bench.lanes.map(({ name }) => (
          <article key={name}>
            <h2>{laneName(name)}</h2>
            <p>{l.right[name]}</p>
          </article>
        ))}
      </section>
    </>
  );
}

/** Streaming by its own name, the others as everywhere. */
export function laneName(name: Bench['lanes'][number]['name']): string {
  return name === 'stream' ? labWords().streamName : words().wireName(name);
}

function LabNote({ bench }: { bench: Bench }) {
  const l = labWords();
  const note = bench.note.value;
  return (
    <p class="lab-note" role="status">
      {note === undefined ? '' : l[note]}
    </p>
  );
}

/** Somebody is here: whatever they touch. */
function useTouches(bench: Bench): void {
  useEffect(() => {
    const touch = () => bench.touch();
    const kinds = ['pointerdown', 'pointermove', 'keydown', 'scroll'];
    for (const kind of kinds)
      window.addEventListener(kind, touch, { capture: true, passive: true });
    return () => {
      for (const kind of kinds) window.removeEventListener(kind, touch, { capture: true });
    };
  }, [bench]);
}
