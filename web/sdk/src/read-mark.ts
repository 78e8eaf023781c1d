/** The durable read mark of one person in one room: it only grows, and one is on its way at a time. */

/** What a read mark needs. */
export interface ReadMarkOrders {
  /** Whether commands can be given. */
  isOpen(): boolean;
  /** Tells the server; rejects when it did not take it. */
  send(seq: number): Promise<unknown>;
  /** The mark has grown. */
  changed(seq: number): void;
}

/** See the head of this file. */
export class ReadMark {
  readonly #orders: ReadMarkOrders;
  #seq = 0;
  #wanted = 0;
  #isSending = false;

  constructor(orders: ReadMarkOrders) {
    this.#orders = orders;
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
    if (this.#isSending || this.#wanted <= this.#seq || !this.#orders.isOpen()) return;
    this.#isSending = true;
    const seq = this.#wanted;
    const done = (isTaken: boolean) => {
      this.#isSending = false;
      if (isTaken && this.#wanted > seq) this.send();
    };
    this.#orders.send(seq).then(
      () => done(true),
      () => done(false),
    );
  }

  /** The server said where the mark is. */
  confirmed(seq: number): void {
    if (seq <= this.#seq) return;
    this.#seq = seq;
    this.#orders.changed(seq);
  }

  forget(): void {
    this.#seq = 0;
    this.#wanted = 0;
  }
}
