// A message and all that replies to it, kept up while its panel is open: a log of its own, made of the same events.
import { batch, computed, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import type { ChatEvent, OutboxItem, Page } from '@teahouse/sdk';
import * as api from '@teahouse/sdk/api';
import { concernsAnother } from '../state/changes.ts';
import { connection, house, you } from '../state/house.ts';
import * as logs from '../state/log.ts';
import { codeOf, muted } from '../state/me.ts';
import { buildRows, type MessageRow, type Row } from '../state/rows.ts';
import type { Timeline } from '../state/timeline.ts';
import { refresh } from './gaps.ts';

/** The most that the house gives at once. */
const partMax = 200;

export interface Chain {
  root: number;
  /** `missing`: the message is gone or not one's to read. */
  phase: Signal<'loading' | 'open' | 'missing' | 'failed'>;
  /** The first of them is what the others reply to; a hole where they are not all here. */
  lines: ReadonlySignal<(MessageRow | HoleRow)[]>;
  /** The messages among them. */
  rows: ReadonlySignal<MessageRow[]>;
  /** Asks for the next part, or again for what did not come. */
  ask: () => Promise<void>;
  close: () => void;
}

export type HoleRow = Extract<Row, { type: 'hole' }>;

/** Opens the chain of a message and follows the room. */
export function openChain(timeline: Timeline, root: number): Chain {
  const log = logs.emptyLog();
  const changed = signal(0);
  const phase: Chain['phase'] = signal('loading');
  let before: Row[] = [];
  const lines = computed(() => {
    changed.value;
    before = rowsOf(timeline, log, before);
    return before.filter((row) => row.type === 'message' || row.type === 'hole');
  });
  const rows = computed(() => lines.value.filter((row) => row.type === 'message'));
  const begun = { read: 0, until: 1, losses: 0, asking: false };
  const chain: Reading = { timeline, root, log, changed, phase, ...begun };
  const unfollow = [
    timeline.room.on('events', (events) => receive(chain, events)),
    timeline.room.on('hole', ({ reason }) => {
      lose(chain, reason);
      void ask(chain);
    }),
  ];
  void ask(chain);
  const close = () => {
    for (const end of unfollow) end();
  };
  return { root, phase, lines, rows, ask: () => ask(chain), close };
}

interface Reading extends Pick<Chain, 'root' | 'phase'> {
  timeline: Timeline;
  log: logs.RoomLog;
  changed: Signal<number>;
  /** All replies up to that number were read since events were last missing; `Infinity`: all that there are. */
  read: number;
  /** Up to there all stood here when events were last missing: so far it reads again by itself. */
  until: number;
  /** How often events were missing. */
  losses: number;
  asking: boolean;
}

/** What comes by itself. Where not all are here, whose reply it is may not be known yet: the part that is asked for tells. */
function receive(chain: Reading, events: readonly ChatEvent[]): void {
  const { log, asking, changed } = chain;
  let isOurs = false;
  for (const event of events.filter(concernsAnother)) {
    if (belongs(log, event)) {
      logs.append(log, [event], you.peek()?.id);
      isOurs = true;
    } else if (asking) log.recent.push(event);
  }
  if (isOurs) changed.value += 1;
}

/** Events were missing: replies after the newest that is here, too, and the others may have changed. */
function lose(chain: Reading, reason: 'behind' | 'reset'): void {
  const { log, read, until } = chain;
  chain.losses += 1;
  chain.read = 0;
  chain.until = read === Infinity ? (log.events.at(-1)?.seq ?? 1) : Math.max(read, until);
  if (reason === 'behind') return;
  Object.assign(log, logs.emptyLog());
  chain.until = 1;
  chain.phase.value = 'loading';
}

/** Asks for the next part; after a loss for all that is here and the part after it. */
async function ask(chain: Reading): Promise<void> {
  if (chain.asking || chain.read === Infinity) return;
  chain.asking = true;
  const { losses } = chain;
  const isSure = () => losses === chain.losses;
  drawRest(chain, 'loading');
  try {
    do await readPart(chain, isSure);
    while (isSure() && chain.read < chain.until);
    drawRest(chain, 'idle');
  } catch (error) {
    if (isSure()) fail(chain, error);
  }
  chain.asking = false;
  if (!isSure()) await ask(chain);
}

async function readPart(chain: Reading, isSure: () => boolean): Promise<void> {
  const { timeline, root, read, log } = chain;
  // An answer is not older than its question: only what comes from now on may be newer.
  log.recent = [];
  const asked = { limit: partMax, ...(read > 0 && { after: read }) };
  const page = await api.replies(house(), timeline.room.id, root, asked);
  if (isSure()) take(chain, page);
}

/** A part of the replies, and those that came by themselves since it was read. */
function take(chain: Reading, page: Page): void {
  const { log, phase } = chain;
  const me = you.peek()?.id;
  const last = page.messages.at(-1)?.seq;
  batch(() => {
    refresh(log, page, me);
    logs.insert(log, page, me);
    for (const event of log.recent) {
      const isNew = event.kind === 'message' && event.seq > page.as_of;
      if (isNew && belongs(log, event)) logs.insert(log, { messages: [event] }, me);
    }
    log.oldest = 0;
    chain.read = (page.more && last) || Infinity;
    phase.value = log.events.length > 0 ? 'open' : 'missing';
    drawRest(chain, 'loading');
  });
}

function fail(chain: Reading, error: unknown): void {
  if (codeOf(error) === 'no_such_message') chain.phase.value = 'missing';
  else if (chain.phase.peek() !== 'open') chain.phase.value = 'failed';
  drawRest(chain, 'failed');
}

/**
 * A hole after what was read, until everything was. What comes by itself stands behind it, whatever its number: to what
 * is missing there may be replies that nobody here knew as such.
 */
function drawRest({ log, read, until, changed }: Reading, state: logs.Hole['state']): void {
  const after = Math.max(read, until);
  log.holes = after === Infinity ? [] : [{ after, before: after + 1, reason: 'paging', state }];
  changed.value += 1;
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
