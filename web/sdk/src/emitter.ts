/** Listeners by name, for `House` and `Room`. */
export class Emitter<Events> {
  readonly #listeners = new Map<keyof Events, Set<(event: never) => void>>();

  /** Calls `f` at each event of that name until the returned function is called. */
  on<K extends keyof Events>(type: K, f: (event: Events[K]) => void): () => void {
    const set = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, set);
    set.add(f as (event: never) => void);
    return () => set.delete(f as (event: never) => void);
  }

  /** Tells all listeners, in the order in which they came; one that throws stops no other. */
  emit<K extends keyof Events>(type: K, event: Events[K]): void {
    for (const f of [...(this.#listeners.get(type) ?? [])]) {
      try {
        (f as (event: Events[K]) => void)(event);
      } catch (error) {
        // As a browser does with a listener that throws: reported, and nobody else is hurt.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
