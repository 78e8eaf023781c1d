/**
 * The commands of a connection that have no answer yet, in the order in which they were given, and
 * what becomes of them when the connection is lost.
 *
 * Owned by the `Client`. It must not wait or retry a refusal: that is the outbox's work.
 */
import { closesGate } from './code.js';
import type { Command, SendCommand, ServerFrame, SubscribeCommand } from './frame.js';
import { utf8Bytes } from './standard.js';

type Asking = Extract<Command, { ref: number }>;

interface Entry {
  command: Asking;
  line: string;
  bytes: number;
  /** It went out over the link there is. */
  isSent: boolean;
}

/** What goes out, and what needs no asking. */
export interface Resend {
  lines: string[];
  /** The answers that are known without asking. */
  answers: ServerFrame[];
}

/** How it goes out. */
export interface ResendWay {
  /** Subscriptions cannot be sent: they are in the next `hello`. */
  isHttp?: boolean;
  bytes_max?: number;
  /** Whether a subscription was in the last `hello`. */
  isAsked(ref: number): boolean;
}

/** Unanswered commands of one client. */
export class Unanswered {
  #entries: Entry[] = [];
  #bytes = 0;
  /** Rooms in which the connection refuses what follows, until a `first`. */
  readonly #refused = new Set<string>();

  /** Bytes of UTF-8 that were given and not yet answered. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Notes a command on its way out; a message that is sent again takes the place of its repeat. */
  add(command: Asking, line: string, isSent: boolean): void {
    if (command.type === 'send') {
      this.#remove((other) => isSend(other) && isSame(other, command));
      if (command.first) this.#refused.delete(command.room);
    }
    const bytes = utf8Bytes(line);
    this.#bytes += bytes;
    this.#entries.push({ command, line, bytes, isSent });
  }

  /** Finds the command that a frame answers, and forgets it. */
  answer(frame: ServerFrame): Asking | undefined {
    if (!('ref' in frame) || frame.ref === undefined) return undefined;
    const command = this.#remove((other) => other.ref === frame.ref);
    if (frame.type === 'error' && command?.type === 'send' && closesGate(frame)) {
      this.#refused.add(command.room);
    }
    return command;
  }

  /** The subscriptions that have no answer yet. */
  get subscribes(): SubscribeCommand[] {
    return this.#entries.flatMap(({ command }) => (command.type === 'subscribe' ? [command] : []));
  }

  /** Whether nothing is on its way. */
  get isQuiet(): boolean {
    return !this.#entries.some(({ isSent }) => isSent);
  }

  /** What has not gone out yet, in order; it is now. */
  unsent(): string[] {
    const waiting = this.#entries.filter(({ isSent }) => !isSent);
    for (const entry of waiting) entry.isSent = true;
    return waiting.map(({ line }) => line);
  }

  /**
   * What to send on a new connection, which over HTTP is each request. Sends go in order, the head
   * of each room with `first`. After a refusal the last connection would have answered the later
   * sends with `out_of_order`; the new one knows nothing of that refusal and would let them
   * overtake, so they are answered here.
   */
  resume({ isHttp, bytes_max = Number.POSITIVE_INFINITY, isAsked }: ResendWay): Resend {
    const out: Resend = { lines: [], answers: [] };
    const starts = this.#starts();
    const begun = new Set<string>();
    let free = bytes_max;
    for (const [i, entry] of [...this.#entries.entries()]) {
      const { command } = entry;
      entry.isSent = false;
      if (isSend(command) && i < (starts.get(command.room) ?? 0)) {
        out.answers.push(outOfOrder(command));
      } else if (isHttp && command.type === 'unsubscribe') {
        out.answers.push({ type: 'unsubscribed', ref: command.ref, room: command.room });
      } else if (command.type !== 'subscribe' || !(isHttp || isAsked(command.ref))) {
        const isHead = isSend(command) && !begun.has(command.room);
        const line = isHead ? withFirst(command) : entry.line;
        free -= utf8Bytes(line) + 1;
        if (free < 0 && out.lines.length > 0) continue;
        if (isHead) begun.add(command.room);
        entry.isSent = true;
        out.lines.push(line);
      }
    }
    for (const { ref } of out.answers as { ref: number }[]) this.#remove((c) => c.ref === ref);
    this.#refused.clear();
    return out;
  }

  /** For each room the index of its first send that may go out again. */
  #starts(): Map<string, number> {
    const starts = new Map<string, number>();
    for (const room of this.#refused) starts.set(room, this.#entries.length);
    for (const [i, { command }] of this.#entries.entries()) {
      if (isSend(command) && command.first) starts.set(command.room, i);
    }
    return starts;
  }

  #remove(isIt: (command: Asking) => boolean): Asking | undefined {
    const at = this.#entries.findIndex(({ command }) => isIt(command));
    const [entry] = at < 0 ? [] : this.#entries.splice(at, 1);
    this.#bytes -= entry?.bytes ?? 0;
    return entry?.command;
  }
}

function isSend(command: Asking): command is SendCommand {
  return command.type === 'send';
}

function isSame(a: SendCommand, b: SendCommand): boolean {
  return a.room === b.room && a.cid === b.cid;
}

function withFirst(command: SendCommand): string {
  return JSON.stringify({ ...command, first: true });
}

function outOfOrder({ ref }: SendCommand): ServerFrame {
  const message = 'An earlier message of yours was refused: send that one first.';
  return { type: 'error', ref, code: 'out_of_order', message };
}
