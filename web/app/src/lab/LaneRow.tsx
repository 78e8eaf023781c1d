import { chooseTransport } from '../state/transport.ts';
import type { Bench } from './bench.ts';
import { laneName } from './LabBench.tsx';
import type { Lane } from './lane.ts';
import type { Idle, Price } from './ledger.ts';
import { type Spread, spreadOf } from './spread.ts';
import { Timeline } from './Timeline.tsx';
import type { LabWords } from './words.en.ts';
import { labWords } from './words.ts';
import './Lanes.css';

interface LaneRowProps {
  lane: Lane;
  bench: Bench;
  /** The dearest message of all lanes, in bytes: the whole of the bar. */
  most: number;
  /** The chat runs on it. */
  inUse: boolean;
  /** The chat is fixed to it on this device. */
  fixed: boolean;
}

/** One lane: how it travels, its picture, its figures. */
export function LaneRow({ lane, bench, most, inUse, fixed }: LaneRowProps) {
  const l = labWords();
  const name = laneName(lane.name);
  const state = lane.state.value;
  const { price, idle } = lane.figures.value;
  return (
    <section class="lane" aria-label={name} data-lane={lane.name} data-state={state}>
      <div class="lane-how">
        <h2>
          <span class={`lane-dot lane-${state}`} />
          {name}
          {inUse && <em>{l.inUse}</em>}
        </h2>
        <p>
          {stateText(l, lane) ?? aboutText(l, lane, bench)}{' '}
          {!inUse && !fixed && (
            <button
              type="button"
              class="lane-use"
              aria-label={l.useSaid(name)}
              onClick={() => chooseTransport(lane.name)}
            >
              {l.use}
            </button>
          )}
        </p>
      </div>
      <Timeline lane={lane} bench={bench} name={name} />
      <div class="lane-figures">
        <DelayFigure spread={spreadOf(lane.delays.value)} />
        <PriceFigure price={price} most={most} />
        <IdleFigure idle={idle} />
      </div>
    </section>
  );
}

/** What is wrong, if anything is. */
export function stateText(l: LabWords, lane: Lane): string | undefined {
  const state = lane.state.value;
  if (state === 'live') return undefined;
  if (state === 'connecting') return l.connecting;
  const why = whyText(l, lane);
  if (state === 'lost') return l.lost(why);
  return state === 'blocked' ? l.blocked(why) : l.stopped(why);
}

function whyText(l: LabWords, { name, why }: Lane): string {
  const reason = why.value;
  if (reason?.kind === 'status') return l.whyStatus(reason.status);
  if (reason?.kind === 'closed') return l.whyClosed(reason.code);
  return name === 'websocket' ? l.whyUpgrade : l.whySilence;
}

function aboutText(l: LabWords, lane: Lane, bench: Bench): string {
  if (lane.name !== 'poll') return l.about[lane.name];
  const pause = bench.pollPause.value;
  return pause === 'server' ? l.pollServer : l.pollEvery(pause);
}

function DelayFigure({ spread }: { spread: Spread | undefined }) {
  const l = labWords();
  if (spread === undefined) return <Figure label={l.headDelay} big={l.none} />;
  const { median_ms, p95_ms } = spread;
  return (
    <Figure
      label={l.headDelay}
      big={l.ms(median_ms)}
      small={l.p95(p95_ms)}
      look={median_ms >= 250 ? 'late' : undefined}
    />
  );
}

function PriceFigure({ price, most }: { price: Price | undefined; most: number }) {
  const l = labWords();
  if (price === undefined) return <Figure label={l.headPer} big={l.none} />;
  const { text, frame, transport } = price;
  const share = (bytes: number) => `${Math.max(0, (bytes / most) * 100).toFixed(1)}%`;
  return (
    <Figure
      label={l.headPer}
      big={l.bytes(text + frame + transport)}
      small={l.overhead(frame + transport)}
    >
      <svg class="lane-bar" aria-hidden="true">
        <rect class="bar-text" width={share(text)} height="8" />
        <rect class="bar-frame" x={share(text)} width={share(frame)} height="8" />
        <rect class="bar-transport" x={share(text + frame)} width={share(transport)} height="8" />
      </svg>
    </Figure>
  );
}

function IdleFigure({ idle }: { idle: Idle | undefined }) {
  const l = labWords();
  if (idle === undefined) return <Figure label={l.headIdle} big={l.none} />;
  return <Figure label={l.headIdle} big={l.bytes(idle.bytes)} small={l.requests(idle.requests)} />;
}

interface FigureProps {
  label: string;
  big: string;
  small?: string;
  look?: 'late' | undefined;
  children?: preact.ComponentChildren;
}

/** Figure over unit: `13 ms` is drawn with a small unit. */
function Figure({ label, big, small, look, children }: FigureProps) {
  const [number = big, unit] = big.split(' ');
  return (
    <div class={look === 'late' ? 'figure late' : 'figure'}>
      <span class="figure-label">{label}</span>
      <b>
        {number}
        {unit !== undefined && <small> {unit}</small>}
      </b>
      {children}
      {small !== undefined && <span class="figure-small">{small}</span>}
    </div>
  );
}
