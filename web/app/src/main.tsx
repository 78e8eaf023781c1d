// Where the page starts: words, storage, the house, then the screen.
import './styles/tokens.css';
import './styles/base.css';
import { effect } from '@preact/signals';
import { House } from '@teahouse/sdk';
import { render } from 'preact';
import { version } from '../package.json';
import { App } from './components/App.tsx';
import { loadWords } from './i18n/language.ts';
import { renderOncePerFrame } from './state/frames.ts';
import { house } from './state/house.ts';
import { openHouse } from './state/opening.ts';
import { begun } from './state/reading.ts';
import { keepRooms } from './state/rooms.ts';
import { watchAddress } from './state/route.ts';
import { coarse, idle, watchScreen } from './state/screen.ts';
import { settings } from './state/settings.ts';
import { startVisit, visit } from './state/visit.ts';
import { readDrafted } from './storage/drafts.ts';
import { openKeep } from './storage/keep.ts';

const client = `web/${version}`;
/** A room that is not open by then is not waited for. */
const firstRoom_ms = 2000;

async function start(): Promise<void> {
  renderOncePerFrame();
  watchScreen();
  watchAddress();
  // Only where fingers type does a keyboard lie over the page.
  if (coarse.peek())
    void import('./state/keyboard.ts').then(({ watchKeyboard }) => watchKeyboard());
  const spoken = loadWords(settings.peek().language);
  const keep = await openKeep();
  openHouse((transport) => new House({ keep, client, transport, cookie: true }));
  // The connection is made while the words come and the page is drawn.
  const visiting = startVisit();
  await spoken;
  keepRooms();
  effect(() => void loadWords(settings.value.language));
  const root = document.getElementById('app');
  if (root === null) throw new Error('index.html has no element #app.');
  fetchSoon();
  render(<App />, root);
  void readDrafted();
  await visiting;
}

/** At the door its parts, at once; inside, those that are not needed to see the room, when there is nothing to do. */
function fetchSoon(): void {
  void house()
    .known()
    .then((known) => (known === undefined ? import('./door/Door.tsx') : undefined))
    .catch(unfetched);
  setTimeout(() => {
    begun.value = true;
  }, firstRoom_ms);
  const end = effect(() => {
    if (visit.value !== 'inside' || !begun.value) return;
    whenIdle(() => {
      idle.value = true;
      void import('./components/later.ts').then(
        ({ followRowMenus }) => followRowMenus(),
        unfetched,
      );
      void import('./state/speech.ts').then((speech) => speech.announceConnection(), unfetched);
      void import('./offline/watch.ts').then(({ watchOffline }) => watchOffline(), unfetched);
      void import('./calls/device.ts').then(({ watchDevice }) => watchDevice(), unfetched);
    });
    queueMicrotask(() => end());
  });
}

/** Who needs it asks again, and says so if it does not come. */
function unfetched(): void {}

/** Safari knows no idle time yet. */
function whenIdle(work: () => void): void {
  if (typeof requestIdleCallback === 'function') requestIdleCallback(work, { timeout: 1000 });
  else setTimeout(work, 500);
}

void start();
