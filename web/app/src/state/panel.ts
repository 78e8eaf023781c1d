// What stands in the right panel. The people are a setting where there is room beside the messages; over the room and
// on a phone they are a screen with an address, as pins and replies are everywhere: back closes them.
import { computed } from '@preact/signals';
import { go, goBack, lastRoom, type Panel, roomRoute, route } from './route.ts';
import { phone, roomy, wide } from './screen.ts';
import { changeSettings, settings } from './settings.ts';

const asked = computed<Panel | undefined>(() => {
  const to = route.value;
  if (to.screen === 'you') return 'you';
  if (to.screen === 'search') return { search: to.q };
  return to.screen === 'room' ? to.panel : undefined;
});

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
  if (which === 'you') return go({ screen: 'you' });
  if (typeof which === 'object' && 'search' in which)
    return go({ screen: 'search', q: which.search });
  if (here.screen !== 'room') return;
  if (which === 'people' && wide.peek()) {
    changeSettings({ panel: true });
    if (asked.peek() !== undefined) closePanel();
  } else if (!isSame(asked.peek(), which)) go({ ...here, panel: which });
}

export function closePanel(): void {
  const here = route.peek();
  if (panel.peek() === 'people' && wide.peek()) changeSettings({ panel: false });
  else if (here.screen === 'search' || here.screen === 'you')
    goBack(phone.peek() ? { screen: 'rooms', all: false } : roomRoute(lastRoom.peek()));
  else if (here.screen === 'room' && here.panel !== undefined) {
    const { panel: shown, ...room } = here;
    // One has jumped to what was found, and stays there.
    if (shown === 'you' || (typeof shown === 'object' && 'search' in shown)) go(room, true);
    else goBack(room);
  }
}

function isSame(a: Panel | undefined, b: Panel): boolean {
  if (typeof a !== 'object' || typeof b !== 'object') return a === b;
  if ('search' in b) return 'search' in a;
  return 'replies' in a && a.replies === b.replies;
}
