import { useEffect, useMemo, useRef } from 'preact/hooks';
import { Composer } from '../components/Composer.tsx';
import { ErrorCard } from '../components/ErrorCard.tsx';
import { MessageRowView } from '../components/MessageRow.tsx';
import { Skeleton } from '../components/Skeleton.tsx';
import { useMessageMenu } from '../components/useMessageMenu.ts';
import { useNear } from '../components/useNear.ts';
import { useRoving } from '../components/useRoving.ts';
import { words } from '../i18n/language.ts';
import type { MessageRow } from '../state/rows.ts';
import type { Timeline } from '../state/timeline.ts';
import { type Chain, type HoleRow, openChain } from './chain.ts';
import { PanelFrame } from './PanelFrame.tsx';
import { followRows } from './toolbar.tsx';
import { talkWords } from './words.ts';
import './panels.css';

interface RepliesPanelProps {
  timeline: Timeline;
  root: number;
}

/** A message and its replies, which stand in the room as well, with a composer whose messages are replies to it. */
export function RepliesPanel({ timeline, root }: RepliesPanelProps) {
  const t = talkWords();
  const chain = useMemo(() => openChain(timeline, root), [timeline, root]);
  useEffect(() => chain.close, [chain]);
  const phase = chain.phase.value;
  const mayWrite = timeline.info.value?.may.includes('write') ?? false;
  const foot =
    phase === 'open' && mayWrite ? (
      <Composer key={root} timeline={timeline} takesFocus={false} chain={chainOf(chain)} />
    ) : undefined;
  return (
    <PanelFrame title={t.repliesTitle} timeline={timeline} foot={foot}>
      {phase === 'loading' && <Skeleton rows={3} />}
      {phase === 'failed' && <ErrorCard kind="unknown" onRetry={() => void chain.ask()} />}
      {phase === 'missing' && <p class="panel-note">{t.repliesGone}</p>}
      {phase === 'open' && <ChainList timeline={timeline} chain={chain} />}
    </PanelFrame>
  );
}

/** Whom one answers there. */
function chainOf({ root, rows }: Chain) {
  return { root, name: rows.value[0]?.by.name ?? '' };
}

function ChainList({ timeline, chain }: { timeline: Timeline; chain: Chain }) {
  const box = useRef<HTMLDivElement>(null);
  const rows = chain.rows.value;
  const [first, ...rest] = chain.lines.value;
  useRoving(box, rows);
  useMessageMenu(box, { timeline, chain: chain.root, rows: () => chain.rows.peek() });
  useEffect(() => {
    const list = box.current;
    return list === null ? undefined : followRows(list, () => timeline.info.peek()?.may ?? []);
  }, [timeline]);
  return (
    <div class="chain-list" ref={box}>
      {first?.type === 'message' && (
        <MessageRowView row={withoutChain(first)} timeline={timeline} />
      )}
      <p class="chain-count">{countOf(rest)}</p>
      {rest.map((row) =>
        row.type === 'hole' ? (
          <RestLine key="rest" row={row} chain={chain} />
        ) : (
          <MessageRowView key={row.key} row={withoutQuote(row, chain.root)} timeline={timeline} />
        ),
      )}
    </div>
  );
}

/** How many replies there are, as far as that is known. */
function countOf(rest: readonly (MessageRow | HoleRow)[]): string {
  const t = talkWords();
  const count = rest.filter((row) => row.type === 'message' && row.gone === undefined).length;
  if (rest.some(({ type }) => type === 'hole')) return t.repliesSome(count);
  return count === 0 ? t.repliesNone : t.repliesCount(count);
}

/** There are more replies: they come when this is near. */
function RestLine({ row, chain }: { row: HoleRow; chain: Chain }) {
  const { hole, state } = row;
  const ask = () => void chain.ask();
  const line = useNear('.panel-body', state === 'idle', ask, [chain, hole, state]);
  return (
    <div ref={line}>
      {state !== 'failed' && <Skeleton rows={3} />}
      {state === 'failed' && (
        <div class="hole-line">
          <span>{talkWords().repliesFailed}</span>
          <button type="button" onClick={ask}>
            {words().errorRetry}
          </button>
        </div>
      )}
    </div>
  );
}

/** What is counted beside it needs no line of its own. */
function withoutChain(row: MessageRow): MessageRow {
  const { replies: _, ...state } = row.state;
  return { ...row, state };
}

/** Under its own root a reply needs no quote. */
function withoutQuote(row: MessageRow, root: number): MessageRow {
  return row.target === root ? { ...row, target: undefined } : row;
}
