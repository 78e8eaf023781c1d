// Browsers that ignore `interactive-widget` let a phone's keyboard lie over the page. There the shell follows the
// visible part, but only for a keyboard: while a text field has focus and the page is not zoomed.

const keyboardMin_px = 80;

/** What of the page is visible, in CSS pixels. */
export interface Visible {
  height: number;
  offsetTop: number;
  scale: number;
}

/** The height and offset that the shell should have, or nothing when it should be as high as the page. */
export function shellFor(
  visible: Visible,
  page_px: number,
  inText: boolean,
): { height: number; offset: number } | undefined {
  const covered = page_px - visible.height;
  if (!inText || Math.abs(visible.scale - 1) > 0.01 || covered <= keyboardMin_px) return undefined;
  return { height: Math.round(visible.height), offset: Math.round(visible.offsetTop) };
}

/** Sets `--shell-height` and `--shell-offset` on the page; called once by the page. */
export function watchKeyboard(): void {
  const view = window.visualViewport;
  if (view === null) return;
  const follow = () => {
    const inText = document.activeElement?.matches('textarea, input') ?? false;
    const shell = shellFor(view, document.documentElement.clientHeight, inText);
    set('--shell-height', shell?.height);
    set('--shell-offset', shell?.offset);
  };
  view.addEventListener('resize', follow);
  view.addEventListener('scroll', follow);
  document.addEventListener('focusin', follow);
  document.addEventListener('focusout', follow);
}

function set(name: string, px: number | undefined): void {
  const { style } = document.documentElement;
  if (px === undefined) style.removeProperty(name);
  else style.setProperty(name, `${px}px`);
}
