import { useRef } from 'preact/hooks';
import { Button } from '../components/Button.tsx';
import { Icon } from '../components/Icon.tsx';
import { laneName } from './LabBench.tsx';
import type { Lane } from './lane.ts';
import { labWords } from './words.ts';
import './MeasuredDialog.css';

/** The button *How it is measured* and what it opens. */
export function MeasuredDialog({ lanes }: { lanes: readonly Lane[] }) {
  const l = labWords();
  const dialog = useRef<HTMLDialogElement>(null);
  return (
    <>
      <button type="button" class="text-button" onClick={() => dialog.current?.showModal()}>
        <Icon name="file" size={16} />
        {l.measured}
      </button>
      <dialog class="lab-measured" ref={dialog} aria-labelledby="lab-measured">
        <h2 id="lab-measured">{l.measured}</h2>
        {l.how.map((text) => (
          <p key={text}>{text}</p>
        ))}
        <h3>{l.opening}</h3>
        <Openings lanes={lanes} />
        <Button primary onPress={() => dialog.current?.close()}>
          {l.close}
        </Button>
      </dialog>
    </>
  );
}

function Openings({ lanes }: { lanes: readonly Lane[] }) {
  const l = labWords();
  const known = lanes.flatMap(({ name, figures }) => {
    const { opening } = figures.value;
    return opening === undefined ? [] : [{ name, ...opening }];
  });
  if (known.length === 0) return <p>{l.openingNone}</p>;
  return (
    <ul>
      {known.map(({ name, requests, received, sent }) => (
        <li key={name}>
          {l.openingOf(laneName(name), l.requests(requests), l.bytes(received), l.bytes(sent))}
        </li>
      ))}
    </ul>
  );
}
