/**
 * The connection of a house as its rooms see it: they ask, say, and know where they stand.
 *
 * Owned by the `House`, which makes and ends the client behind it. It must not know a room.
 */
import type { Client } from './client.js';
import { TeahouseError } from './error.js';
import type { Command, Person, ServerFrame } from './frame.js';

/** What a text may have while the server has not said it: the default of the protocol. */
const TEXT_BYTES_MAX = 16_384;

interface Asked {
  resolve(frame: ServerFrame): void;
  reject(error: TeahouseError): void;
}

/** See the head of this file. */
export class Line {
  /** Who one is there. */
  you: Person | undefined;
  client: Client | undefined;
  /** Commands that wait for an answer, by ref. */
  readonly #asked = new Map<number, Asked>();
  #ref = 1;

  /** Whether commands can be given; those that ask are kept through a lost connection. */
  get isOpen(): boolean {
    return this.client?.welcome !== undefined;
  }

  /** Whether there is a connection right now. */
  get isLive(): boolean {
    return this.client?.transport !== undefined;
  }

  get textBytesMax(): number {
    return this.client?.welcome?.limits.text_bytes_max ?? TEXT_BYTES_MAX;
  }

  nextRef(): number {
    return this.#ref++;
  }

  give(command: Command): void {
    this.client?.give(command);
  }

  /** Gives a command; rejects with what the server or the end of the connection says. */
  ask(make: (ref: number) => Command): Promise<ServerFrame> {
    if (!this.isOpen) return Promise.reject(ended());
    const ref = this.nextRef();
    return new Promise((resolve, reject) => {
      this.#asked.set(ref, { resolve, reject });
      this.give(make(ref));
    });
  }

  /** Gives the answer to who asked; says whether somebody did. */
  answer(frame: ServerFrame): boolean {
    const ref = 'ref' in frame ? frame.ref : undefined;
    const asked = this.#asked.get(ref ?? 0);
    if (!asked) return false;
    this.#asked.delete(ref ?? 0);
    if (frame.type === 'error') asked.reject(new TeahouseError(frame));
    else asked.resolve(frame);
    return true;
  }

  /** There is no client any more: who asked is told. */
  cut(): void {
    this.client = undefined;
    const asked = [...this.#asked.values()];
    this.#asked.clear();
    for (const { reject } of asked) reject(ended());
  }
}

/** What is said when there is no connection and none will come by itself. */
export function ended(message = 'There is no connection: enter the house.'): TeahouseError {
  return new TeahouseError({ code: 'ended', message });
}
