// Which of the received messages stand in the page: a window over the log. Arithmetic only.

export interface Window {
  /** Index of the first message in the page. */
  start: number;
  /** Index after the last one. */
  end: number;
}

export const rowsAtEnd = 80;
/** The least height of a row, in pixels. */
const rowLeast = 24;
export const rowsPage = 50;
export const rowsMax = 240;

/** The window at the live end; `keep` is raised on tall screens, where 80 rows are too few. */
export function windowAtEnd(count: number, keep = rowsAtEnd): Window {
  return { start: Math.max(0, count - keep), end: count };
}

/** What a screen of that height can show, for the first look; the rest follows when that is drawn. */
export function windowToBegin(count: number, view: number): Window {
  return windowAtEnd(count, view === 0 ? rowsAtEnd : Math.ceil(view / rowLeast) + 4);
}

/** A page more at the top; over 240 rows the bottom is cut by as much. */
export function growUp(window: Window): Window {
  const start = Math.max(0, window.start - rowsPage);
  return { start, end: Math.min(window.end, start + rowsMax) };
}

/** A page more at the bottom; over 240 rows the top is cut by as much. */
export function growDown(window: Window, count: number): Window {
  const end = Math.min(count, window.end + rowsPage);
  return { start: Math.max(window.start, end - rowsMax), end };
}

/** The same rows after `count` messages were put into the log at index `at`. */
export function shifted(window: Window, at: number, count: number): Window {
  if (at <= window.start && window.end > window.start)
    return { start: window.start + count, end: window.end + count };
  if (at >= window.end) return window;
  const end = window.end + count;
  return { start: Math.max(window.start, end - rowsMax), end };
}

/** A window around a message that somebody jumps to. */
export function windowAround(index: number, count: number): Window {
  const start = Math.max(0, index - rowsPage);
  return { start, end: Math.min(count, start + 2 * rowsPage) };
}
