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
import { keepRooms } from './state/rooms.ts';
import { watchAddress } from './state/route.ts';
import { coarse, idle, watchScreen } from './state/screen.ts';
import { settings } from './state/settings.ts';
import { startVisit, visit } from './state/visit.ts';
import { readDrafted } from './storage/drafts.ts';
import { openKeep } from './storage/keep.ts';

const client = `web/${version}`;

async function start(): Promise<void> {
  renderOncePerFrame();
  watchScreen();
  watchAddress();
  // Only where fingers type does a keyboard lie over the page.
  if (coarse.peek())
    void import('./state/keyboard.ts').then(({ watchKeyboard }) => watchKeyboard());
  const [keep] = await Promise.all([openKeep(), loadWords(settings.peek().language)]);
  openHouse((transport) => new House({ keep, client, transport, cookie: true }));
  keepRooms();
  void readDrafted();
  effect(() => void loadWords(settings.value.language));
  const root = document.getElementById('app');
  if (root === null) throw new Error('index.html has no element #app.');
  fetchSoon();
  const visiting = startVisit();
  render(<App />, root);
  await visiting;
}

/** At the door its parts, at once; inside, those that are not needed to see the room, when there is nothing to do. */
function fetchSoon(): void {
  void house()
    .known()
    .then((known) => (known === undefined ? import('./door/Door.tsx') : undefined))
    .catch(unfetched);
  const end = effect(() => {
    if (visit.value !== 'inside') return;
    whenIdle(() => {
      idle.value = true;
      void import('./components/later.ts').catch(unfetched);
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
