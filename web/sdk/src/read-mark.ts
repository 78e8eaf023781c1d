/** The durable read mark of one person in one room: it only grows, and one is on its way at a time. */
import type { Line } from './line.js';

/** See the head of this file. */
export class ReadMark {
  readonly #room: string;
  readonly #line: Line;
  readonly #changed: (seq: number) => void;
  #seq = 0;
  #wanted = 0;
  #isSending = false;

  constructor(room: string, line: Line, changed: (seq: number) => void) {
    this.#room = room;
    this.#line = line;
    this.#changed = changed;
  }

  /** What the server has confirmed. */
  get seq(): number {
    return this.#seq;
  }

  /** Marks everything up to `seq`. */
  want(seq: number): void {
    if (seq <= Math.max(this.#seq, this.#wanted)) return;
    this.#wanted = seq;
    this.send();
  }

  /** Tells the server what it does not know yet, if that is possible now. */
  send(): void {
    if (this.#isSending || this.#wanted <= this.#seq || !this.#line.isOpen) return;
    this.#isSending = true;
    const seq = this.#wanted;
    const done = (isTaken: boolean) => {
      this.#isSending = false;
      if (isTaken && this.#wanted > seq) this.send();
    };
    this.#line
      .ask((ref) => ({ type: 'read', ref, room: this.#room, seq }))
      .then(
        () => done(true),
        () => done(false),
      );
  }

  /** The server said where the mark is. */
  confirmed(seq: number): void {
    if (seq <= this.#seq) return;
    this.#seq = seq;
    this.#changed(seq);
  }

  forget(): void {
    this.#seq = 0;
    this.#wanted = 0;
  }
}
