/**
 * What a message and an idle minute cost on one lane, out of the server's counts. Pure.
 *
 * The server counts a session's requests and bytes; the page knows which events it was given. Each byte goes to
 * one side only. An event's own line is the message's. Of the rest, a lane that asks pays by the request: those
 * that brought a message are the messages', the empty ones are idleness. A lane that stays open has only its
 * framing left, which goes with the frames it wraps; whatever is not an event (heartbeats, who is here) is
 * idleness.
 */

interface Way {
  bytes: number;
  frame_bytes: number;
}

/** What the server has counted of one session: a value of `GET /v1/costs`. */
export interface Count {
  requests: number;
  received: Way;
  sent: Way;
}

/** What the lane has seen itself, up to the same moment. */
export interface Tally {
  events: number;
  /** Of the lines that were events. */
  event_bytes: number;
  /** Of the texts in them. */
  text_bytes: number;
  /** Requests whose answer had an event in it. */
  asksWithNews: number;
}

/** Bytes per message, in three parts. */
export interface Price {
  messages: number;
  text: number;
  frame: number;
  transport: number;
}

/** What a minute without messages costs. */
export interface Idle {
  bytes: number;
  requests: number;
}

/** What opening the lane cost. */
export interface Opening {
  requests: number;
  received: number;
  sent: number;
}

interface Sums {
  events: number;
  event_bytes: number;
  text_bytes: number;
  asksWithNews: number;
  requests: number;
  bytes: number;
  frame_bytes: number;
  ms: number;
}

const none: Sums = {
  events: 0,
  event_bytes: 0,
  text_bytes: 0,
  asksWithNews: 0,
  requests: 0,
  bytes: 0,
  frame_bytes: 0,
  ms: 0,
};

interface Reading {
  count: Count;
  tally: Tally;
  at: number;
}

export class Ledger {
  readonly #asks: boolean;
  #last: Reading | undefined;
  /** Since the size of the messages changed. */
  #messages = none;
  /** Since the lane was opened; `idle_bytes` is for lanes that stay open. */
  #all = none;
  #idle_bytes = 0;
  opening: Opening | undefined;

  /** `asks`: by polls, long or short; else it stays open. */
  constructor(asks: boolean) {
    this.#asks = asks;
  }

  /** A count of the server, with what the lane had seen when it was made. */
  read(count: Count, tally: Tally, at: number): void {
    const last = this.#last;
    this.#last = { count, tally, at };
    this.opening ??= {
      requests: count.requests,
      received: count.received.bytes,
      sent: count.sent.bytes,
    };
    // A server that was started again counts from nothing.
    if (last === undefined || bytesOf(count) < bytesOf(last.count)) return;
    const step = between(last, { count, tally, at });
    this.#all = plus(this.#all, step);
    if (this.#asks) {
      this.#messages = plus(this.#messages, step);
      return;
    }
    // Another request: the stream was opened anew, which is no message's cost.
    const isAnew = step.requests > 0;
    if (!isAnew) this.#messages = plus(this.#messages, step);
    const framing = isAnew ? 0 : framingOfEvents(step);
    this.#idle_bytes += step.bytes - step.event_bytes - framing;
  }

  /** The messages are others from now on: their cost is counted anew, from the last reading. */
  reset(): void {
    this.#messages = none;
  }

  /** The connection is another one: the next reading is a beginning. */
  rebase(): void {
    this.#last = undefined;
  }

  /** Undefined before the first message was counted. */
  price(): Price | undefined {
    const sums = this.#messages;
    const messages = sums.events;
    if (messages === 0) return undefined;
    const text = sums.text_bytes / messages;
    const json = (sums.event_bytes - sums.text_bytes) / messages;
    if (!this.#asks)
      return { messages, text, frame: json, transport: framingOfEvents(sums) / messages };
    const asks = sums.requests === 0 ? 0 : sums.asksWithNews / sums.requests / messages;
    const frame = json + (sums.frame_bytes - sums.event_bytes) * asks;
    return { messages, text, frame, transport: (sums.bytes - sums.frame_bytes) * asks };
  }

  /** For a lane that asks: what asking for nothing costs, so many times a minute. */
  idleAsking(asksPerMinute: number): Idle | undefined {
    const { requests, bytes, event_bytes } = this.#all;
    if (requests === 0) return undefined;
    return { bytes: ((bytes - event_bytes) / requests) * asksPerMinute, requests: asksPerMinute };
  }

  /** For a lane that stays open; undefined until it was watched for that long. */
  idleOpen(least_ms: number): Idle | undefined {
    const { ms } = this.#all;
    if (ms < least_ms) return undefined;
    return { bytes: (this.#idle_bytes / ms) * 60_000, requests: 0 };
  }
}

/** The share of the framing that wraps events. */
function framingOfEvents({ bytes, frame_bytes, event_bytes }: Sums): number {
  return frame_bytes === 0 ? 0 : ((bytes - frame_bytes) * event_bytes) / frame_bytes;
}

function between(from: Reading, to: Reading): Sums {
  return {
    events: to.tally.events - from.tally.events,
    event_bytes: to.tally.event_bytes - from.tally.event_bytes,
    text_bytes: to.tally.text_bytes - from.tally.text_bytes,
    asksWithNews: to.tally.asksWithNews - from.tally.asksWithNews,
    requests: to.count.requests - from.count.requests,
    bytes: bytesOf(to.count) - bytesOf(from.count),
    frame_bytes: framesOf(to.count) - framesOf(from.count),
    ms: to.at - from.at,
  };
}

function plus(a: Sums, b: Sums): Sums {
  return {
    events: a.events + b.events,
    event_bytes: a.event_bytes + b.event_bytes,
    text_bytes: a.text_bytes + b.text_bytes,
    asksWithNews: a.asksWithNews + b.asksWithNews,
    requests: a.requests + b.requests,
    bytes: a.bytes + b.bytes,
    frame_bytes: a.frame_bytes + b.frame_bytes,
    ms: a.ms + b.ms,
  };
}

function bytesOf({ received, sent }: Count): number {
  return received.bytes + sent.bytes;
}

function framesOf({ received, sent }: Count): number {
  return received.frame_bytes + sent.frame_bytes;
}
