import { laneName } from './LabBench.tsx';
import { stateText } from './LaneRow.tsx';
import type { Lane } from './lane.ts';
import { spreadOf } from './spread.ts';
import { labWords } from './words.ts';

/** All figures as text: for screen readers, and to copy. */
export function LabTable({ lanes }: { lanes: readonly Lane[] }) {
  const l = labWords();
  const heads = [
    l.tableLane,
    l.tableState,
    l.tableMedian,
    l.tableP95,
    l.tableText,
    l.tableFrame,
    l.tableTransport,
    l.tableIdle,
    l.tableAsks,
  ];
  return (
    <details class="lab-table">
      <summary>{l.table}</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, also by the keyboard */}
      <section class="lab-table-scroll" aria-label={l.table} tabIndex={0}>
        <table>
          <thead>
            <tr>
              {heads.map((head) => (
                <th key={head} scope="col">
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {lanes.map((lane) => (
              <TableRow key={lane.name} lane={lane} />
            ))}
          </tbody>
        </table>
      </section>
    </details>
  );
}

function TableRow({ lane }: { lane: Lane }) {
  const l = labWords();
  const { price, idle } = lane.figures.value;
  const spread = spreadOf(lane.delays.value);
  const or = (n: number | undefined, text: (n: number) => string) =>
    n === undefined ? l.none : text(n);
  return (
    <tr>
      <th scope="row">{laneName(lane.name)}</th>
      <td>{stateText(l, lane) ?? l.live}</td>
      <td>{or(spread?.median_ms, l.ms)}</td>
      <td>{or(spread?.p95_ms, l.ms)}</td>
      <td>{or(price?.text, l.bytes)}</td>
      <td>{or(price?.frame, l.bytes)}</td>
      <td>{or(price?.transport, l.bytes)}</td>
      <td>{or(idle?.bytes, l.bytes)}</td>
      <td>{or(idle?.requests, l.requests)}</td>
    </tr>
  );
}
