// The part of a message that shows why it was found: some text before the first match, cut at whole characters.

export interface Piece {
  text: string;
  marked: boolean;
}

const before = 36;
const length = 180;

/** The text in pieces, marked and not; `marks` are in UTF-16 units, in order, and may reach beyond the text. */
export function excerpt(text: string, marks: readonly (readonly [number, number])[]): Piece[] {
  const first = marks.find(([start]) => start < text.length)?.[0] ?? 0;
  const from = wholeAt(text, first > before * 2 ? first - before : 0);
  const to = wholeAt(text, Math.min(text.length, from + length));
  const pieces: Piece[] = [];
  let at = from;
  const add = (until: number, marked: boolean) => {
    if (until > at) pieces.push({ text: text.slice(at, until), marked });
    at = Math.max(at, until);
  };
  for (const [start, end] of marks) {
    if (start >= to) break;
    add(Math.max(from, Math.min(start, to)), false);
    add(Math.max(from, Math.min(end, to)), true);
  }
  add(to, false);
  if (from > 0) pieces.unshift({ text: '…', marked: false });
  if (to < text.length) pieces.push({ text: '…', marked: false });
  return pieces;
}

/** Not between the two halves of a character. */
function wholeAt(text: string, index: number): number {
  const unit = text.charCodeAt(index);
  return unit >= 0xdc00 && unit <= 0xdfff ? index - 1 : index;
}
