import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { words } from '../i18n/language.ts';
import { banner, houseName } from '../state/house.ts';
import { closePanel, panel as shownPanel, togglePanel } from '../state/panel.ts';
import { timelineOf } from '../state/reading.ts';
import { idOf, listedRoom, nameOf, saidToYou } from '../state/rooms.ts';
import { mainRoom, type Panel, type Route, route } from '../state/route.ts';
import { phone, wide } from '../state/screen.ts';
import type { Timeline } from '../state/timeline.ts';
import { Composer } from './Composer.tsx';
import { ErrorCard } from './ErrorCard.tsx';
import { lazy, TabBar } from './lazy.tsx';
import { MessageList } from './MessageList.tsx';
import { RoomHeader } from './RoomHeader.tsx';
import { Sidebar } from './Sidebar.tsx';
import { Skeleton } from './Skeleton.tsx';
import { TypingLine } from './TypingLine.tsx';
import './Panel.css';
import './RoomScreen.css';

const PinsPanel = lazy(async () => (await import('../talk/PinsPanel.tsx')).PinsPanel);
const RepliesPanel = lazy(async () => (await import('../talk/RepliesPanel.tsx')).RepliesPanel);
const Banner = lazy(async () => (await import('./later.ts')).Banner, true);
const JoinBar = lazy(async () => (await import('./later.ts')).JoinBar);
const CallsPanel = lazy(async () => (await import('../calls/CallsPanel.tsx')).CallsPanel);
const SearchPanel = lazy(async () => (await import('../search/SearchPanel.tsx')).SearchPanel);
const PeoplePanel = lazy(async () => (await import('./later.ts')).PeoplePanel);
const Browse = lazy(async () => (await import('../rooms/Browse.tsx')).Browse);

interface RoomScreenProps {
  /** What stands in the address: a room's slug or id. */
  address: string;
  /** The list of rooms is the screen: one's own (on a phone), or all of them. */
  listing: Extract<Route, { screen: 'rooms' }> | undefined;
  /** Came in through the door just now. */
  fresh: boolean;
}

/** Sidebar, and beside it a room or the list of all rooms. */
export function RoomScreen({ address, listing, fresh }: RoomScreenProps) {
  const t = words();
  const id = idOf(address);
  const browses = listing !== undefined && (listing.all || !phone.value);
  if (browses) return <BrowseScreen />;
  if (listing !== undefined) {
    return (
      <div class="shell">
        <PhoneScreen title={t.rooms}>
          <Sidebar room={undefined} browsing={false} inert={false} />
        </PhoneScreen>
      </div>
    );
  }
  if (id === undefined) return <RoomAwaited />;
  return <OpenRoom key={id} timeline={timelineOf(id)} fresh={fresh} />;
}

/** Which room that is has not been said yet. */
function RoomAwaited() {
  return (
    <div class="shell">
      {!phone.value && <Sidebar room={undefined} browsing={false} inert={false} />}
      <main class="room" tabIndex={-1}>
        <Skeleton rows={3} />
      </main>
    </div>
  );
}

function BrowseScreen() {
  const title = words().roomsBrowse;
  useEffect(() => {
    document.title = `${title} · ${houseName.value}`;
  }, [title, houseName.value]);
  return (
    <div class="shell">
      {!phone.value && <Sidebar room={undefined} browsing inert={false} />}
      <main class="room" tabIndex={-1}>
        <Browse />
      </main>
    </div>
  );
}

/** What waits to be announced is of the room that was left. */
function hush(): void {
  void import('../state/announcer.ts').then((announcer) => announcer.hush()).catch(() => undefined);
}

/** A room and its panel; on a phone one of them at a time. */
function OpenRoom({ timeline, fresh }: { timeline: Timeline; fresh: boolean }) {
  const phase = timeline.phase.value;
  const isMissing = phase === 'missing' || phase === 'shut';
  // Of a room that is not there, nobody can be shown.
  const shown = isMissing && shownPanel.value === 'people' ? undefined : shownPanel.value;
  const open = shown !== undefined;
  useEffect(() => hush, []);
  const alone = phone.value ? (open ? 'panel' : 'room') : undefined;
  useKeptFocus(shown);
  useTitle(timeline);
  useJump(timeline);
  const showsRoom = alone !== 'panel';
  const panel = shown && <PanelOf shown={shown} timeline={timeline} />;
  const beside = open && wide.value;
  const over = open && !wide.value && !phone.value;
  const isTop = route.value.screen !== 'room';
  return (
    <div class={beside ? 'shell with-panel' : 'shell'}>
      {showsRoom && !over && !isMissing && <SkipLinks />}
      {alone === undefined && <Sidebar room={timeline.room.id} browsing={false} inert={over} />}
      {showsRoom && (
        <main class="room" tabIndex={-1} inert={over}>
          {isMissing ? (
            <ErrorCard kind={phase === 'shut' ? 'shut' : 'not-found'} />
          ) : (
            <>
              <RoomHeader
                timeline={timeline}
                panelOpen={shown === 'people'}
                onPanel={() => togglePanel('people')}
              />
              {(banner.value ?? timeline.asOf.value) !== undefined && (
                <Banner timeline={timeline} />
              )}
              <MessageList timeline={timeline} />
              <div class="dock">
                {mayJoin(timeline) && <JoinBar timeline={timeline} />}
                <Composer timeline={timeline} takesFocus={fresh} />
                <TypingLine timeline={timeline} />
              </div>
            </>
          )}
        </main>
      )}
      {over && <Scrim />}
      {alone === 'panel' && (
        <PhoneScreen title={titleOf(shown)}>
          {panel}
          {isTop && (
            <div class="tabs-place">
              <TabBar current={shown === 'you' ? 'calls' : 'search'} />
            </div>
          )}
        </PhoneScreen>
      )}
      {alone === undefined && open && panel}
    </div>
  );
}

function titleOf(shown: Panel | undefined): string {
  const t = words();
  if (shown === 'you') return t.forYou;
  return typeof shown === 'object' && 'search' in shown ? t.search : t.people;
}

function PanelOf({ shown, timeline }: { shown: Panel; timeline: Timeline }) {
  if (shown === 'people') return <PeoplePanel timeline={timeline} onClose={closePanel} />;
  if (shown === 'pins') return <PinsPanel timeline={timeline} />;
  if (shown === 'you') return <CallsPanel onClose={closePanel} />;
  if ('search' in shown) return <SearchPanel text={shown.search} onClose={closePanel} />;
  return <RepliesPanel key={shown.replies} timeline={timeline} root={shown.replies} />;
}

/** Who only looks in is asked whether they join. */
function mayJoin({ info }: Timeline): boolean {
  const room = info.value;
  return room?.joined === false && room.id !== mainRoom && room.may.includes('join');
}

/** The title of the page counts what was said to you. */
function useTitle(timeline: Timeline): void {
  const listed = listedRoom(timeline.room.id);
  const name = listed === undefined ? timeline.info.value?.name : nameOf(listed);
  const count = saidToYou.value;
  useEffect(() => {
    const title = name === undefined ? houseName.value : `${name} · ${houseName.value}`;
    document.title = count > 0 ? `(${count}) ${title}` : title;
  }, [name, count, houseName.value]);
}

async function jump(timeline: Timeline, seq: number): Promise<void> {
  const { jumpTo } = await import('../state/jumping.ts');
  await jumpTo(timeline, seq);
}

/** An address may name a message: it is centred once it is here. */
function useJump(timeline: Timeline): void {
  const to = route.value;
  const at = to.screen === 'room' ? to.at : undefined;
  const isOpen = timeline.phase.value === 'open';
  useEffect(() => {
    if (at !== undefined && isOpen) void jump(timeline, at);
  }, [at, isOpen]);
}

/** The focus is never lost: a panel that goes gives it back to where it was before, or else to the screen. */
function useKeptFocus(shown: Panel | undefined): void {
  const before = useRef<HTMLElement>(undefined);
  useEffect(() => {
    const note = ({ target }: FocusEvent) => {
      const element = target as HTMLElement;
      if (element.closest('aside, dialog') === null) before.current = element;
    };
    document.addEventListener('focusin', note);
    return () => document.removeEventListener('focusin', note);
  }, []);
  useEffect(() => {
    if (document.activeElement !== document.body) return;
    const { current } = before;
    const same = current?.id ? document.getElementById(current.id) : current;
    (same?.isConnected ? same : document.querySelector('main'))?.focus();
  }, [shown]);
}

/** On a phone the list of rooms and the panel are screens of their own, with a heading of their own. */
function PhoneScreen({ title, children }: { title: string; children: ComponentChildren }) {
  const main = useRef<HTMLElement>(null);
  useEffect(() => {
    // What had it went with the screen before.
    if (document.activeElement === document.body) main.current?.focus();
  });
  return (
    <main class="phone-screen" tabIndex={-1} ref={main}>
      <h1 class="sr">{title}</h1>
      {children}
    </main>
  );
}

function SkipLinks() {
  const t = words();
  return (
    <>
      <a class="skip" href="#messages">
        {t.skipMessages}
      </a>
      <a class="skip" href="#composer">
        {t.skipComposer}
      </a>
    </>
  );
}

/** Behind a panel that lies over the room; pressing it closes the panel, as Esc does. */
function Scrim() {
  return <div class="scrim" aria-hidden="true" onPointerDown={closePanel} />;
}
