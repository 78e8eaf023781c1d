import type { ChatEvent } from '@teahouse/sdk';
import type { Pins } from '@teahouse/sdk/api';
import { useEffect } from 'preact/hooks';
import { ErrorCard } from '../components/ErrorCard.tsx';
import { MessageRowView } from '../components/MessageRow.tsx';
import { Skeleton } from '../components/Skeleton.tsx';
import { you } from '../state/house.ts';
import { jumpTo } from '../state/jumping.ts';
import { emptyLog, insert } from '../state/log.ts';
import { closePanel } from '../state/panel.ts';
import { buildRows } from '../state/rows.ts';
import { wide } from '../state/screen.ts';
import type { Timeline } from '../state/timeline.ts';
import { PanelFrame } from './PanelFrame.tsx';
import { askPins, pinsOf } from './pins.ts';
import { talkWords } from './words.ts';
import './panels.css';

/** What is pinned in the room, the newest pin's message where it stands in the order of the room. */
export function PinsPanel({ timeline }: { timeline: Timeline }) {
  const t = talkWords();
  const { pins, failed } = pinsOf(timeline).value ?? { pins: undefined, failed: false };
  useEffect(() => {
    void askPins(timeline);
  }, [timeline]);
  return (
    <PanelFrame title={t.pinsTitle} timeline={timeline}>
      {pins === undefined && !failed && <Skeleton rows={3} />}
      {pins === undefined && failed && (
        <ErrorCard kind="unknown" onRetry={() => void askPins(timeline)} />
      )}
      {pins?.messages.length === 0 && <p class="panel-note">{t.pinsNone}</p>}
      {pins !== undefined && <PinList timeline={timeline} pins={pins} />}
    </PanelFrame>
  );
}

function PinList({ timeline, pins }: { timeline: Timeline; pins: Pins }) {
  const t = talkWords();
  const mayPin = timeline.info.value?.may.includes('pin') ?? false;
  return (
    <ul>
      {pins.messages.map((message) => (
        <li class="pin-item" key={message.seq}>
          {rowOf(message, pins)}
          <div class="pin-acts">
            <button type="button" onClick={() => show(timeline, message.seq)}>
              {t.pinsJump}
            </button>
            {mayPin && (
              <button type="button" onClick={() => void timeline.room.pin(message.seq, false)}>
                {t.pinsTake}
              </button>
            )}
          </div>
        </li>
      ))}
    </ul>
  );
}

/** Over the room the panel goes first. */
function show(timeline: Timeline, seq: number): void {
  if (!wide.peek()) closePanel();
  void jumpTo(timeline, seq);
}

function rowOf(message: ChatEvent, pins: Pins) {
  const log = emptyLog();
  insert(log, { ...pins, messages: [message] });
  const window = { start: 0, end: 1 };
  const rows = buildRows({
    log,
    window,
    outbox: [],
    you: you.value,
    connected: true,
    fresh: undefined,
  });
  const row = rows.find((one) => one.type === 'message');
  if (row === undefined) return null;
  const { replies: _, ...state } = row.state;
  return <MessageRowView row={{ ...row, target: undefined, state }} />;
}
