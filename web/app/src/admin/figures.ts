// From what the house says of itself to what is drawn. Pure.
import type { TransportName } from '@teahouse/sdk';
import type { Now } from '@teahouse/sdk/api';
import type { AdminWords } from './words.en.ts';

export interface Figure {
  name: string;
  value: string;
  note?: string;
  /** Something is wrong here. */
  bad?: boolean;
}

const transports: readonly TransportName[] = ['websocket', 'stream', 'long_poll', 'poll'];

export function figuresOf(
  a: AdminWords,
  transport: (name: TransportName) => string,
  now: Now,
  rate: number | undefined,
): Figure[] {
  const { connections, store, bus, files } = now;
  const each = transports.map((name) => ({ name, n: connections[name] })).filter(({ n }) => n > 0);
  const all = each.reduce((sum, { n }) => sum + n, 0);
  const kinds = each.map(({ name, n }) => `${transport(name)} ${a.number(n)}`).join(' · ');
  return [
    { name: a.nowPeople, value: a.number(now.people) },
    { name: a.nowConnections, value: a.number(all), ...(kinds !== '' && { note: kinds }) },
    { name: a.nowEvents, value: rate === undefined ? '–' : a.rate(rate) },
    { name: a.nowRooms, value: a.number(now.rooms) },
    { name: a.nowMemory, value: a.bytes(now.memory_bytes) },
    {
      name: a.nowStore,
      value: store.bytes === null ? store.kind : a.bytes(store.bytes),
      note: `${store.kind} · ${store.ok ? a.good : a.bad}`,
      bad: !store.ok,
    },
    ...(files === undefined
      ? []
      : [{ name: a.nowFiles, value: a.bytes(files.bytes), note: a.number(files.count) }]),
    { name: a.nowBus, value: bus.kind, note: bus.up ? a.good : a.bad, bad: !bus.up },
    { name: a.nowNodes, value: a.number(now.nodes) },
    { name: a.nowStarted, value: a.time(now.started) },
    { name: a.nowVersion, value: now.version },
  ];
}

interface Counted {
  events: number;
  at: number;
}

/** Per second; `undefined` before there are two, and when the counter began anew. */
export function rateBetween(before: Counted | undefined, next: Counted): number | undefined {
  if (before === undefined || next.at <= before.at || next.events < before.events) return undefined;
  return ((next.events - before.events) * 1000) / (next.at - before.at);
}
