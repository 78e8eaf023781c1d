// What the lab says: a text of exactly so many bytes, so that sizes can be compared. Pure.

export type Size = 120 | 1024 | 8192;

const filler = 'the same message, four ways, and what each of them costs; ';

/** The message of that number: ASCII, as many bytes as asked for. */
export function messageOf(size: Size, number: number): string {
  const head = `${number}: `;
  return (head + filler.repeat(Math.ceil(size / filler.length))).slice(0, size).replace(/ $/, '.');
}
