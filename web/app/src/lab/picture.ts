/**
 * What a lane's picture consists of, in milliseconds since the bench's beginning and units of its height. Pure:
 * the component only turns it into SVG.
 */
import type { TransportName } from '@teahouse/sdk';
import type { Sent } from './bench.ts';
import type { Arrival, Span } from './lane.ts';

/** Who waited longer has not arrived at once: an eye sees it. */
export const atOnce_ms = 250;

/** A few pixels. */
const seam_ms = 90;

export interface Line {
  key: string;
  from: number;
  /** Undefined: it goes on. */
  to: number | undefined;
}

export interface Dot {
  key: string;
  at: number;
  late: boolean;
}

export interface Tick {
  key: string;
  at: number;
  news: boolean;
}

export interface Picture {
  sent: readonly { key: string; at: number }[];
  /** Connections that are open, requests that wait. */
  open: readonly Line[];
  /** Polls. */
  ticks: readonly Tick[];
  /** From the sending to the arrival, where that was long. */
  waits: readonly Line[];
  /** Sent and not arrived yet. */
  pending: readonly Line[];
  dots: readonly Dot[];
}

export interface LaneView {
  name: TransportName;
  spans: readonly Span[];
  arrivals: readonly Arrival[];
}

/** The picture of one lane. `isLive`: what was sent can still arrive. */
export function pictureOf(lane: LaneView, sent: readonly Sent[], isLive: boolean): Picture {
  const polls = lane.name === 'poll';
  const arrived = new Set(lane.arrivals.map(({ cid }) => cid));
  const late = lane.arrivals.filter(({ at, sent_at }) => at - sent_at >= atOnce_ms);
  const waiting = isLive ? sent.filter(({ cid }) => !arrived.has(cid)) : [];
  return {
    sent: sent.map(({ cid, at }) => ({ key: cid, at })),
    open: polls ? [] : lane.spans.map(openLine),
    ticks: polls
      ? lane.spans.map(({ from, to, news }) => ({ key: String(from), at: to ?? from, news }))
      : [],
    waits: late.map(({ cid, sent_at, at }) => ({ key: cid, from: sent_at, to: at })),
    pending: waiting.map(({ cid, at }) => ({ key: cid, from: at, to: undefined })),
    dots: lane.arrivals.map(({ cid, at, sent_at }) => ({
      key: cid,
      at,
      late: at - sent_at >= atOnce_ms,
    })),
  };
}

/** Each ask begins as the one before it ends; a seam shows that there are two. */
function openLine({ from, to }: Span, index: number): Line {
  const isShort = to !== undefined && to - from < 3 * seam_ms;
  return { key: String(from), from: index === 0 || isShort ? from : from + seam_ms, to };
}
