/** What happened while the connection was lost, counted until every room is live again. */

/** See the head of this file. */
export class Away {
  readonly #back: (back: { away_ms: number; arrived: number }) => void;
  #rooms: Set<string> | undefined;
  #away_ms = 0;
  #arrived = 0;

  constructor(back: (back: { away_ms: number; arrived: number }) => void) {
    this.#back = back;
  }

  /** The connection is back; these rooms are catching up. */
  begin(away_ms: number, rooms: Iterable<string>): void {
    this.#away_ms = away_ms;
    this.#arrived = 0;
    this.#rooms = new Set(rooms);
    this.#check();
  }

  /** A message of somebody else came to a room that was not live. */
  arrived(): void {
    this.#arrived += 1;
  }

  live(room: string): void {
    if (this.#rooms?.delete(room)) this.#check();
  }

  /** The connection is lost once more. */
  cancel(): void {
    this.#rooms = undefined;
  }

  #check(): void {
    if (this.#rooms?.size !== 0) return;
    this.#rooms = undefined;
    this.#back({ away_ms: this.#away_ms, arrived: this.#arrived });
  }
}
