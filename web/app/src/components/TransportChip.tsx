import type { TransportName } from '@teahouse/sdk';
import { words } from '../i18n/language.ts';
import type { Messages } from '../i18n/messages.en.ts';
import { delay_ms, isSteppedDown, transport, type Wire, wire } from '../state/house.ts';
import { WireCard } from './WireCard.tsx';
import './TransportChip.css';

/** The wire in use: what it is, and how long a round trip takes. Pressing it tells more. */
export function TransportChip() {
  const t = words();
  return (
    <>
      <button type="button" class="wire-button" popovertarget="wire-card">
        <span class="sr">{t.wireTitle}: </span>
        <WireView
          state={wire.value}
          carrier={transport.value}
          delay={delay_ms.value}
          down={isSteppedDown.value}
        />
      </button>
      <WireCard id="wire-card" />
    </>
  );
}

export interface WireViewProps {
  state: Wire;
  carrier: TransportName | undefined;
  delay: number | undefined;
  /** It had to step down from something better. */
  down: boolean;
}

export function WireView({ state, carrier, delay, down }: WireViewProps) {
  const t = words();
  const look = state === 'live' && down ? 'down' : state;
  return <span class={`wire wire-${look}`}>{wireText(t, { state, carrier, delay, down })}</span>;
}

function wireText(t: Messages, { state, carrier, delay, down }: WireViewProps): string {
  if (state !== 'live') return stateWord(t, state);
  if (carrier === undefined) return t.netLive;
  const name = t.wireName(carrier);
  if (delay === undefined) return down ? name : t.wireLiveBare(name);
  const ms = Math.max(1, Math.round(delay));
  return down ? t.wireDown(name, ms) : t.wireLive(name, ms);
}

function stateWord(t: Messages, state: Wire): string {
  const texts: Record<Wire, string> = {
    live: t.netLive,
    connecting: t.netConnecting,
    reconnecting: t.netReconnecting,
    offline: t.netOfflineShort,
  };
  return texts[state];
}

/**
 * The same in one word, for the header of a phone; the name of the transport where it had to step down. What stands
 * before it comes later: as one text, it moves nothing.
 */
export function WireWord({ before = '' }: { before?: string }) {
  const t = words();
  const state = wire.value;
  const carrier = transport.value;
  const isDown = state === 'live' && isSteppedDown.value && carrier !== undefined;
  return (
    <span class={`wire-word wire-${state}`}>
      {before + (isDown ? t.wireName(carrier) : stateWord(t, state))}
    </span>
  );
}
