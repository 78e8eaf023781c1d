// A message and all that replies to it, kept up while its panel is open: a log of its own, made of the same events.
import { batch, computed, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import type { ChatEvent, OutboxItem } from '@teahouse/sdk';
import * as api from '@teahouse/sdk/api';
import { concernsAnother } from '../state/changes.ts';
import { connection, house, you } from '../state/house.ts';
import * as logs from '../state/log.ts';
import { codeOf, muted } from '../state/me.ts';
import { buildRows, type MessageRow, type Row } from '../state/rows.ts';
import type { Timeline } from '../state/timeline.ts';
import { refresh } from './gaps.ts';

export interface Chain {
  root: number;
  /** `missing`: the message is gone or not one's to read. */
  phase: Signal<'loading' | 'open' | 'missing' | 'failed'>;
  /** The first of them is what the others reply to. */
  rows: ReadonlySignal<MessageRow[]>;
  /** Asks for all of it again. */
  ask: () => Promise<void>;
  close: () => void;
}

/** Opens the chain of a message and follows the room. */
export function openChain(timeline: Timeline, root: number): Chain {
  const log = logs.emptyLog();
  const changed = signal(0);
  const phase: Chain['phase'] = signal('loading');
  let before: Row[] = [];
  const rows = computed(() => {
    changed.value;
    before = rowsOf(timeline, log, before);
    return before.filter((row) => row.type === 'message');
  });
  const ask = () => read(timeline, { root, log, changed, phase });
  const unfollow = [
    timeline.room.on('events', (events) => {
      const ours = events.filter((event) => belongs(log, event));
      for (const event of ours) logs.append(log, [event], you.peek()?.id);
      if (ours.length > 0) changed.value += 1;
    }),
    timeline.room.on('hole', () => void ask()),
  ];
  void ask();
  const close = () => {
    for (const end of unfollow) end();
  };
  return { root, phase, rows, ask, close };
}

interface Reading extends Pick<Chain, 'root' | 'phase'> {
  log: logs.RoomLog;
  changed: Signal<number>;
}

async function read(timeline: Timeline, { root, log, changed, phase }: Reading): Promise<void> {
  try {
    const page = await api.replies(house(), timeline.room.id, root);
    batch(() => {
      refresh(log, page, you.peek()?.id);
      logs.insert(log, page, you.peek()?.id);
      log.oldest = 0;
      phase.value = page.messages.length > 0 ? 'open' : 'missing';
      changed.value += 1;
    });
  } catch (error) {
    if (phase.peek() === 'open') return;
    phase.value = codeOf(error) === 'no_such_message' ? 'missing' : 'failed';
  }
}

/** A reply to one of these, or a change of one. */
function belongs(log: logs.RoomLog, event: ChatEvent): boolean {
  const isHere = logs.messageAt(log, event.body.target ?? 0) !== undefined;
  return concernsAnother(event) && isHere;
}

function rowsOf(timeline: Timeline, log: logs.RoomLog, before: readonly Row[]): Row[] {
  const isOurs = ({ target }: OutboxItem) =>
    target !== undefined && logs.messageAt(log, target) !== undefined;
  return buildRows(
    {
      log,
      window: { start: 0, end: log.events.length },
      outbox: timeline.outbox.value.filter(isOurs),
      you: you.value,
      connected: connection.value === 'live',
      fresh: undefined,
      muted: muted.value,
    },
    before,
  );
}
