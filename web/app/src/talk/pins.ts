// What is pinned in a room: asked when the room is open, and again when a pin comes or goes.
import { signal } from '@preact/signals';
import * as api from '@teahouse/sdk/api';
import { house } from '../state/house.ts';
import type { Timeline } from '../state/timeline.ts';

export interface Pinned {
  /** `undefined` while they are not here. */
  pins: api.Pins | undefined;
  failed: boolean;
}

const known = new WeakMap<Timeline, ReturnType<typeof signal<Pinned>>>();

/** The pins of a room as a signal. */
export function pinsOf(timeline: Timeline) {
  const found = known.get(timeline) ?? signal<Pinned>({ pins: undefined, failed: false });
  known.set(timeline, found);
  return found;
}

/** Asks for them now. */
export async function askPins(timeline: Timeline): Promise<void> {
  const pinned = pinsOf(timeline);
  try {
    const pins = await api.pins(house(), timeline.room.id);
    pinned.value = { pins, failed: false };
    timeline.pins.value = pins.messages.length;
  } catch {
    pinned.value = { pins: pinned.peek()?.pins, failed: true };
  }
}

/** Keeps them as they are, until the answer is called. */
export function followPins(timeline: Timeline): () => void {
  void askPins(timeline);
  const targets = () =>
    new Set(
      pinsOf(timeline)
        .peek()
        ?.pins?.messages.map(({ seq }) => seq),
    );
  return timeline.room.on('events', (events) => {
    const pinned = targets();
    const changes = ['edit', 'delete', 'reaction'];
    const concerns = events.some(
      ({ kind, body }) =>
        kind === 'pin' || (changes.includes(kind) && pinned.has(body.target ?? 0)),
    );
    if (concerns) void askPins(timeline);
  });
}
