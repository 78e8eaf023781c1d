import { WireFacts } from '../components/WireFacts.tsx';
import { words } from '../i18n/language.ts';
import { settings, type TransportChoice } from '../state/settings.ts';
import { chooseTransport } from '../state/transport.ts';
import { Radios } from './Radios.tsx';
import { settingWords } from './words.ts';
import './TransportPage.css';

const all: readonly TransportChoice[] = ['auto', 'websocket', 'stream', 'long_poll', 'poll'];

/** What carries the chat: chosen by itself or fixed, and what it is at this moment. */
export function TransportPage() {
  const t = words();
  const w = settingWords();
  return (
    <>
      <p class="lead">{w.transportLead}</p>
      <Radios
        label={w.transports}
        name="transport"
        value={settings.value.transport}
        choices={all.map((value) => ({
          value,
          label: value === 'auto' ? w.carriedBy.auto : t.wireName(value),
          hint: w.carriedHint[value],
        }))}
        onChoose={chooseTransport}
      />
      <h2>{w.transportNow}</h2>
      <div class="wire-now">
        <WireFacts chosenHere />
      </div>
    </>
  );
}
