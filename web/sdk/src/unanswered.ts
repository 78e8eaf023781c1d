/**
 * The commands of a connection that have no answer yet, in the order in which they were given, and
 * what becomes of them when the connection is lost.
 *
 * Owned by the `Client`. It must not wait or retry a refusal: that is the outbox's work.
 */
import { closesGate } from './code.js';
import type { Command, ErrorFrame, SendCommand, ServerFrame } from './frame.js';
import { utf8Bytes } from './standard.js';

type Asking = Extract<Command, { ref: number }>;

interface Entry {
  command: Asking;
  line: string;
  bytes: number;
}

/** What to do after a resume. */
export interface Resend {
  lines: string[];
  /** The answers that the lost connection owed and that are known without asking. */
  answers: ErrorFrame[];
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
  add(command: Asking, line: string): void {
    if (command.type === 'send') {
      this.#remove((other) => isSend(other) && isSame(other, command));
      if (command.first) this.#refused.delete(command.room);
    }
    const bytes = utf8Bytes(line);
    this.#bytes += bytes;
    this.#entries.push({ command, line, bytes });
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

  /**
   * What to send on a new connection. Sends go in order, the head of each room with `first`.
   * After a refusal the lost connection would have answered the later sends with `out_of_order`;
   * the new one knows nothing of that refusal and would let them overtake, so they are answered
   * here.
   */
  resume(): Resend {
    const out: Resend = { lines: [], answers: [] };
    const starts = this.#starts();
    const kept: Entry[] = [];
    const begun = new Set<string>();
    for (const [i, entry] of this.#entries.entries()) {
      const { command } = entry;
      if (!isSend(command)) {
        out.lines.push(entry.line);
      } else if (i < (starts.get(command.room) ?? 0)) {
        out.answers.push(outOfOrder(command));
        this.#bytes -= entry.bytes;
        continue;
      } else {
        out.lines.push(begun.has(command.room) ? entry.line : withFirst(command));
        begun.add(command.room);
      }
      kept.push(entry);
    }
    this.#entries = kept;
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

function outOfOrder({ ref }: SendCommand): ErrorFrame {
  const message = 'An earlier message of yours was refused: send that one first.';
  return { type: 'error', ref, code: 'out_of_order', message };
}
