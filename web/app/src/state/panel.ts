// Is the people panel open? Beside the room it is a setting; over the room and on a phone it is a screen
// with an address, so that back closes it.
import { computed } from '@preact/signals';
import { go, goBack, roomRoute, route } from './route.ts';
import { roomy, wide } from './screen.ts';
import { changeSettings, settings } from './settings.ts';

export const panelOpen = computed(() => {
  if (wide.value) return settings.value.panel ?? roomy.value;
  return route.value.screen === 'room' && route.value.people;
});

export function togglePanel(): void {
  if (panelOpen.peek()) return closePanel();
  if (wide.peek()) return changeSettings({ panel: true });
  const here = route.peek();
  if (here.screen === 'room') go({ ...here, people: true });
}

export function closePanel(): void {
  if (wide.peek()) changeSettings({ panel: false });
  else {
    const here = route.peek();
    if (here.screen === 'room' && here.people) goBack(roomRoute(here.room));
  }
}
