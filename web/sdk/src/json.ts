/** One line as a frame: a JSON object with a type; `undefined` if it is none. */
export function parseFrame<T extends { type: string }>(line: string): T | undefined {
  try {
    const frame = JSON.parse(line) as Partial<T> | null;
    return typeof frame?.type === 'string' ? (frame as T) : undefined;
  } catch {
    return undefined;
  }
}
