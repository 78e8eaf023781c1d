import type { Call } from '@teahouse/sdk/api';
import { useEffect } from 'preact/hooks';
import { Avatar } from '../components/Avatar.tsx';
import { Button, IconButton } from '../components/Button.tsx';
import { Skeleton } from '../components/Skeleton.tsx';
import { words } from '../i18n/language.ts';
import { callsChanged, connection } from '../state/house.ts';
import { jumpTo } from '../state/jumping.ts';
import { timelineOf } from '../state/reading.ts';
import { addressFor, listedRoom, nameOf } from '../state/rooms.ts';
import { addressOf, go, type Route, route } from '../state/route.ts';
import { wide } from '../state/screen.ts';
import { plainOf } from '../text/plain.ts';
import { fullTime, shortTime } from '../text/time.ts';
import { AskCard } from './AskCard.tsx';
import { callsFailed, moreCalls, opened, readAll, refreshCalls, seen } from './state.ts';
import { callWords } from './words.ts';
import '../parts/parts.css';
import './CallsPanel.css';

/** For you: mentions, replies and reactions to you, each with its line and a jump; what is new first. */
export function CallsPanel({ onClose }: { onClose: () => void }) {
  const w = callWords();
  const isLive = connection.value === 'live';
  useEffect(() => void refreshCalls(), [callsChanged.value, isLive]);
  const unread = seen.value?.unread ?? 0;
  return (
    <aside class="panel calls" aria-label={w.title} data-region="panel">
      <div class="panel-head">
        <h2>{w.title}</h2>
        {unread > 0 && <Button onPress={() => void readAll()}>{w.readAll}</Button>}
        <IconButton icon="x" label={w.close} onPress={onClose} />
      </div>
      <div class="panel-body">
        <AskCard />
        <Calls />
      </div>
    </aside>
  );
}

function Calls() {
  const w = callWords();
  const shown = seen.value;
  if (shown === undefined && callsFailed.value) {
    return (
      <div class="panel-note" role="status">
        <p>{w.failed}</p>
        <Button onPress={() => void refreshCalls()}>{w.again}</Button>
      </div>
    );
  }
  if (shown === undefined) return <Skeleton rows={3} />;
  if (shown.calls.length === 0) return <p class="panel-note">{w.empty}</p>;
  const fresh = shown.calls.filter(({ read }) => !read);
  const known = shown.calls.filter(({ read }) => read);
  return (
    <>
      {fresh.length > 0 && <Section title={w.unread} calls={fresh} />}
      {known.length > 0 && <Section title={w.earlier} calls={known} />}
      {shown.more && <Button onPress={() => void moreCalls()}>{w.more}</Button>}
    </>
  );
}

function Section({ title, calls }: { title: string; calls: readonly Call[] }) {
  return (
    <>
      <h3 class="section">{title}</h3>
      <ul>
        {calls.map((call) => (
          <li key={call.id}>
            <CallLink call={call} />
          </li>
        ))}
      </ul>
    </>
  );
}

function CallLink({ call }: { call: Call }) {
  const w = callWords();
  const t = words();
  const { by, at, message } = call;
  const listed = listedRoom(call.room);
  const room = listed === undefined ? '' : nameOf(listed);
  const time = shortTime(t.tag, at);
  const text = plainOf(message?.body.text ?? '', message?.body.mentions);
  return (
    <a
      class={call.read ? 'call' : 'call fresh'}
      href={addressOf(targetOf(call))}
      onClick={(event) => follow(event, call)}
    >
      <Avatar person={by} size={30} />
      <span class="call-main">
        <span class="call-why">
          {w.kind(call.kind, by.name || t.personGone, room, call.emoji ?? '')}
        </span>
        <span class="call-text">{text}</span>
      </span>
      <time dateTime={new Date(at).toISOString()} title={fullTime(t.tag, at)}>
        {time}
      </time>
    </a>
  );
}

/** The message, in its room; a place in a conversation is its end. */
function targetOf({ room, seq }: Call): Extract<Route, { screen: 'room' }> {
  return { screen: 'room', room: addressFor(room), signIn: false, at: seq };
}

function follow(event: MouseEvent, call: Call): void {
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
    return;
  event.preventDefault();
  opened(call);
  const to = targetOf(call);
  const here = route.peek();
  go(wide.peek() ? { ...to, panel: 'you' } : to, wide.peek() && here.screen === 'you');
  // The same address again is no change that anybody follows.
  if (here.screen === 'room' && here.at === call.seq) void jumpTo(timelineOf(call.room), call.seq);
}
