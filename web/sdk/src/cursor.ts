/**
 * The last number applied of one room: deliver, drop, or catch up.
 *
 * The smallest and most tested file. It must not know rooms, frames on their way or sockets.
 */

/** What to do with an event. */
export type Offer = 'deliver' | 'duplicate' | 'gap';

const FORM = /^([0-9a-f]{8})\.(\d{1,16})\.([0-9a-f]{8})$/;

/** A place in a room's log, written `EPOCH.SEQ.CHECK`. */
export class Cursor {
  /** The identity of the log. */
  readonly epoch: string;
  #seq: number;
  #check: string;

  constructor(epoch: string, seq: number, check: string) {
    this.epoch = epoch;
    this.#seq = seq;
    this.#check = check;
  }

  /** Reads the written form; `undefined` if it is not one. */
  static parse(text: string): Cursor | undefined {
    const [, epoch = '', seq = '', check = ''] = FORM.exec(text) ?? [];
    return epoch && Number.isSafeInteger(+seq) ? new Cursor(epoch, +seq, check) : undefined;
  }

  /** The last seq applied; 0 at the beginning of the log. */
  get seq(): number {
    return this.#seq;
  }

  /** Whether the event of this number comes next. */
  offer(seq: number): Offer {
    if (seq <= this.#seq) return 'duplicate';
    return seq === this.#seq + 1 ? 'deliver' : 'gap';
  }

  /** Goes on to the event that `offer` said to deliver. */
  apply(event: { seq: number; cid: string }): void {
    if (this.offer(event.seq) !== 'deliver') {
      throw new RangeError(`event ${event.seq} does not follow ${this.#seq}: offer it first`);
    }
    this.#seq = event.seq;
    this.#check = event.cid.slice(-8);
  }

  /** The written form, as the server takes it. */
  toString(): string {
    return `${this.epoch}.${this.#seq}.${this.#check}`;
  }
}
