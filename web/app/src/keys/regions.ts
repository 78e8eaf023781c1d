// The parts of the page, and going from one to the next.

const regions = ['rooms', 'header', 'messages', 'composer', 'panel'];
const focusable = 'a[href], button:not([disabled]), input, textarea, [tabindex="0"]';

/** The focus goes to the next or the previous part that is there; around its ends. */
export function focusRegion(by: 1 | -1): void {
  const present = regions
    .map((name) => document.querySelector<HTMLElement>(`[data-region="${name}"]`))
    .filter((region) => region !== null);
  const at = present.findIndex((region) => region.contains(document.activeElement));
  for (let i = 1; i <= present.length; i += 1) {
    const from = at === -1 && by === 1 ? -1 : Math.max(at, 0);
    const region = present[(from + by * i + present.length * 2) % present.length];
    const target =
      region?.querySelector<HTMLElement>('textarea, [aria-current="page"], [tabindex="0"]') ??
      region?.querySelector<HTMLElement>(focusable);
    if (target != null && target.offsetParent !== null) return target.focus();
  }
}
