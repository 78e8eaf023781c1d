// How the delays of a lane are spread: the median and the 95th percentile of the last hundred. Pure.

/** As many delays are looked at. */
export const keptMax = 100;

export interface Spread {
  median_ms: number;
  p95_ms: number;
  count: number;
}

/** One more delay; the oldest goes when there are too many. */
export function withDelay(delays: readonly number[], ms: number): readonly number[] {
  return [...delays.slice(1 - keptMax), ms];
}

/** Undefined while nothing has arrived. */
export function spreadOf(delays: readonly number[]): Spread | undefined {
  if (delays.length === 0) return undefined;
  const sorted = [...delays].sort((a, b) => a - b);
  return { median_ms: rank(sorted, 0.5), p95_ms: rank(sorted, 0.95), count: sorted.length };
}

/** The smallest delay that this share of all is not above. */
function rank(sorted: readonly number[], share: number): number {
  const at = Math.max(0, Math.ceil(share * sorted.length) - 1);
  return sorted[at] ?? 0;
}
