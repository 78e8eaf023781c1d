import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { words } from '../i18n/language.ts';
import { hush } from '../state/announcer.ts';
import { houseName } from '../state/house.ts';
import { closePanel, panelOpen, togglePanel } from '../state/panel.ts';
import { timelineOf } from '../state/reading.ts';
import { phone, wide } from '../state/screen.ts';
import { Banner } from './Banner.tsx';
import { Composer } from './Composer.tsx';
import { ErrorCard } from './ErrorCard.tsx';
import { MessageList } from './MessageList.tsx';
import { PeoplePanel } from './PeoplePanel.tsx';
import { RoomHeader } from './RoomHeader.tsx';
import { Sidebar } from './Sidebar.tsx';
import { TypingLine } from './TypingLine.tsx';
import { useShortcuts } from './useShortcuts.ts';
import './RoomScreen.css';

interface RoomScreenProps {
  room: string;
  /** The list of rooms is the screen; matters on a phone only. */
  listing: boolean;
  /** Came in through the door just now. */
  fresh: boolean;
}

/** Sidebar, room and panel; on a phone one of them at a time. */
export function RoomScreen({ room, listing, fresh }: RoomScreenProps) {
  const t = words();
  const timeline = timelineOf(room);
  const open = panelOpen.value;
  useShortcuts(timeline);
  useEffect(() => hush, [room]);
  const alone = phone.value ? (listing ? 'rooms' : open ? 'panel' : 'room') : undefined;
  useKeptFocus(open, alone);
  const name = timeline.info.value?.name;
  useEffect(() => {
    document.title = name === undefined ? houseName.value : `${name} · ${houseName.value}`;
  }, [name, houseName.value]);
  const showsRoom = alone === undefined || alone === 'room';
  const panel = <PeoplePanel timeline={timeline} onClose={closePanel} />;
  const beside = open && wide.value;
  const over = open && !wide.value && !phone.value;
  const sidebar = <Sidebar room={room} current={alone === undefined} inert={over} />;
  const isMissing = timeline.phase.value === 'missing';
  return (
    <div class={beside ? 'shell with-panel' : 'shell'}>
      {showsRoom && !isMissing && <SkipLinks />}
      {alone === 'rooms' && <PhoneScreen title={t.rooms}>{sidebar}</PhoneScreen>}
      {alone === undefined && sidebar}
      {showsRoom && (
        <main class="room" tabIndex={-1} inert={over}>
          {isMissing ? (
            <ErrorCard kind="not-found" />
          ) : (
            <>
              <RoomHeader timeline={timeline} panelOpen={open} onPanel={togglePanel} />
              <Banner timeline={timeline} />
              <MessageList timeline={timeline} />
              <div class="dock">
                <Composer timeline={timeline} takesFocus={fresh} />
                <TypingLine timeline={timeline} />
              </div>
            </>
          )}
        </main>
      )}
      {over && <Scrim />}
      {alone === 'panel' && <PhoneScreen title={name ?? room}>{panel}</PhoneScreen>}
      {alone === undefined && open && panel}
    </div>
  );
}

/** The focus is never lost: a closed panel gives it to its button, a new screen of a phone takes it. */
function useKeptFocus(open: boolean, alone: string | undefined): void {
  const wasOpen = useRef(open);
  useEffect(() => {
    const isLost = document.activeElement === document.body || document.activeElement === null;
    const button = wasOpen.current && !open ? document.getElementById('panel-button') : null;
    wasOpen.current = open;
    if (button !== null) button.focus();
    else if (isLost && alone !== undefined) document.querySelector('main')?.focus();
  }, [open, alone]);
}

/** On a phone the list of rooms and the panel are screens of their own, with a heading of their own. */
function PhoneScreen({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <main class="phone-screen" tabIndex={-1}>
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
