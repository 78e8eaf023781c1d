// What stands in the right panel. The people are a setting where there is room beside the messages; over the room and
// on a phone they are a screen with an address, as pins and replies are everywhere: back closes them.
import { computed } from '@preact/signals';
import { go, goBack, type Panel, route } from './route.ts';
import { roomy, wide } from './screen.ts';
import { changeSettings, settings } from './settings.ts';

const asked = computed(() => (route.value.screen === 'room' ? route.value.panel : undefined));

export const panel = computed<Panel | undefined>(() => {
  if (asked.value !== undefined && asked.value !== 'people') return asked.value;
  if (wide.value) return (settings.value.panel ?? roomy.value) ? 'people' : undefined;
  return asked.value;
});

/** Opens a panel, or closes it where it is open. */
export function togglePanel(which: Panel): void {
  if (isSame(panel.peek(), which)) return closePanel();
  openPanel(which);
}

export function openPanel(which: Panel): void {
  const here = route.peek();
  if (here.screen !== 'room') return;
  if (which === 'people' && wide.peek()) {
    changeSettings({ panel: true });
    if (asked.peek() !== undefined) closePanel();
  } else if (!isSame(asked.peek(), which)) go({ ...here, panel: which });
}

export function closePanel(): void {
  const here = route.peek();
  if (panel.peek() === 'people' && wide.peek()) changeSettings({ panel: false });
  else if (here.screen === 'room' && here.panel !== undefined) {
    const { panel: _, ...room } = here;
    goBack(room);
  }
}

function isSame(a: Panel | undefined, b: Panel): boolean {
  if (typeof a === 'object' && typeof b === 'object') return a.replies === b.replies;
  return a === b;
}
