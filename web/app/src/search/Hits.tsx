import type { Hit } from '@teahouse/sdk/api';
import { Avatar } from '../components/Avatar.tsx';
import { Button } from '../components/Button.tsx';
import { Skeleton } from '../components/Skeleton.tsx';
import { words } from '../i18n/language.ts';
import { jumpTo } from '../state/jumping.ts';
import { timelineOf } from '../state/reading.ts';
import { addressFor } from '../state/rooms.ts';
import { addressOf, go, type Route, route } from '../state/route.ts';
import { wide } from '../state/screen.ts';
import { clock, dayLabel, dayOf, fullTime } from '../text/time.ts';
import { excerpt } from './excerpt.ts';
import { type Ready, searchOn } from './state.ts';
import { searchWords } from './words.ts';

/** What was found, by room, newest first. Arrow keys and j, k move; Enter is the link's own. */
export function Hits({ ready }: { ready: Ready }) {
  const w = searchWords();
  const { asked, unknown } = ready.understood;
  const filters = ready.understood.said.map(({ name, value }) => w.filter(name, value));
  return (
    <>
      <p class="search-said" role="status">
        {w.said(asked.q, filters, ready.count, ready.more !== undefined)}
      </p>
      {unknown.map(({ name, value }) => (
        <p class="search-said" key={`${name}:${value}`}>
          {w.unknown(name, value)}
        </p>
      ))}
      <section class="hits" aria-label={w.found} onKeyDown={move}>
        {ready.groups.map((group) => (
          <section
            key={`${group.room}-${group.hits[0]?.seq}`}
            aria-label={w.hits(group.name, group.hits.length)}
          >
            <h3 class="section">{group.name}</h3>
            {group.hits.map((hit) => (
              <HitLink key={hit.seq} hit={hit} text={ready.text} />
            ))}
          </section>
        ))}
      </section>
      {ready.more !== undefined && ready.next !== 'loading' && (
        <div class="search-more">
          {ready.next === 'failed' && <p role="status">{w.moreFailed}</p>}
          <Button onPress={() => void searchOn()}>{w.more}</Button>
        </div>
      )}
      {ready.next === 'loading' && <Skeleton rows={2} />}
    </>
  );
}

function HitLink({ hit, text }: { hit: Hit; text: string }) {
  const t = words();
  const { by, at } = hit.message;
  const time = timeOf(at);
  return (
    <a
      class="hit"
      href={addressOf(targetOf(hit, text))}
      onClick={(event) => follow(event, hit, text)}
    >
      <Avatar person={by} size={24} />
      <span class="hit-main">
        <span class="hit-by">
          <b>{by.name === '' ? t.personGone : by.name}</b>{' '}
          <time dateTime={new Date(at).toISOString()} title={fullTime(t.tag, at)}>
            {time}
          </time>
        </span>{' '}
        <span class="hit-text">
          {excerpt(hit.text, hit.marks).map((piece, index) =>
            // Pieces of a text that does not change have no other name than their place.
            piece.marked ? <mark key={index}>{piece.text}</mark> : piece.text,
          )}
        </span>
      </span>
    </a>
  );
}

/** Beside the room the list stays; where it would cover the message, it gives way and back returns to it. */
function targetOf({ room, seq }: Hit, text: string): Route {
  const to = { screen: 'room', room: addressFor(room), signIn: false, at: seq } as const;
  return wide.value ? { ...to, panel: { search: text } } : to;
}

function follow(event: MouseEvent, hit: Hit, text: string): void {
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
    return;
  event.preventDefault();
  const to = targetOf(hit, text);
  const isThere = addressOf(route.peek()) === addressOf(to);
  go(to, wide.peek());
  // The same address again is no news to the page.
  if (isThere) void jumpTo(timelineOf(hit.room), hit.seq);
}

function timeOf(at: number): string {
  const t = words();
  const time = clock(t.tag, at);
  return dayOf(at) === dayOf(Date.now()) ? time : `${dayLabel(t, at, Date.now())} ${time}`;
}

function move(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const list = event.currentTarget as HTMLElement;
  const all = [...list.querySelectorAll<HTMLElement>('.hit')];
  const at = all.indexOf(document.activeElement as HTMLElement);
  const steps: Record<string, number> = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 };
  const step = steps[event.key];
  const ends: Record<string, number> = { Home: 0, End: all.length - 1 };
  const to = step === undefined ? ends[event.key] : at + step;
  if (at === -1 || to === undefined) return;
  event.preventDefault();
  if (to < 0) document.getElementById('search-field')?.focus();
  else all[Math.min(to, all.length - 1)]?.focus();
}
