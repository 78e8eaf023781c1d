// What a press or a key on a message means: its menu, a reaction, a reply, the card of who wrote it.
import type { Where } from '../components/useMessageMenu.ts';
import { jumpTo } from '../state/jumping.ts';
import { type Point, show } from '../state/overlay.ts';
import { openPanel } from '../state/panel.ts';
import type { MessageRow } from '../state/rows.ts';
import * as acts from './acts.ts';

const marked =
  '[data-menu], [data-person], [data-react], [data-add], [data-quote], [data-chain], [data-reply]';

/** What a press in a row means, by the mark on its button. */
export function pressed(place: Where, target: Element): void {
  const button = target.closest<HTMLElement>(marked);
  if (button === null) return;
  const { timeline } = place;
  const { react, quote } = button.dataset;
  const at = below(button);
  const has = (mark: string) => button.hasAttribute(`data-${mark}`);
  if (quote !== undefined) return void jumpTo(timeline, Number(quote));
  if (has('menu')) return openMenu(place, button, at);
  const row = rowOf(place, button);
  if (row === undefined) return;
  if (has('person')) show({ kind: 'person', person: row.by, timeline });
  else if (has('chain')) openPanel({ replies: row.seq ?? 0 });
  else if (react !== undefined) acts.react(timeline, row, react);
  else if (has('add')) acts.pickReaction({ timeline, row, at });
  else acts.reply({ ...place, row });
}

function below(button: Element): Point {
  const { left, bottom } = button.getBoundingClientRect();
  return { x: left, y: bottom + 4 };
}

/** The menu of the message that an element stands in. By the menu key there is no point: then beside the row. */
export function openMenu(place: Where, target: EventTarget | null, point: Point): void {
  const row = rowOf(place, target);
  const { timeline, chain } = place;
  const isPoint = point.x > 0 || point.y > 0;
  const at = isPoint
    ? point
    : inside((target as Element).closest('article') ?? (target as Element));
  if (row !== undefined) show({ kind: 'message', timeline, row, chain, at });
}

/** The keys of the menu, while the message itself has the focus. */
export function typed(place: Where, target: HTMLElement, pressed: string): void {
  const row = rowOf(place, target);
  if (row === undefined) return;
  const at = inside(target);
  if (pressed === 'Enter') return openMenu(place, target, at);
  const key = pressed === 'Delete' ? 'Del' : pressed.toUpperCase();
  const { timeline, chain } = place;
  acts
    .messageActs({ timeline, row, chain, at })
    .find((act) => act.keys === key)
    ?.act();
}

function inside(row: Element): Point {
  const { left, top } = row.getBoundingClientRect();
  return { x: left + 60, y: top + 24 };
}

/** A message with where it stands. */
export function placeOf(where: Where, target: EventTarget | null): acts.Place | undefined {
  const row = rowOf(where, target);
  return row === undefined ? undefined : { ...where, row };
}

function rowOf({ timeline, rows }: Where, target: EventTarget | null): MessageRow | undefined {
  const seq = (target as Element | null)?.closest<HTMLElement>('article[data-seq]')?.dataset['seq'];
  const found = (rows?.() ?? timeline.rows.peek()).find(
    (row) => row.type === 'message' && String(row.seq) === seq,
  );
  return found?.type === 'message' ? found : undefined;
}
