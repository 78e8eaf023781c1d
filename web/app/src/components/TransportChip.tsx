import { words } from '../i18n/language.ts';
import type { Messages } from '../i18n/messages.en.ts';
import { delay_ms, type Wire, wire } from '../state/house.ts';
import './TransportChip.css';

/** The wire in use: what it is, and how long a round trip takes. */
export function TransportChip() {
  return <WireView state={wire.value} delay={delay_ms.value} />;
}

export function WireView({ state, delay }: { state: Wire; delay: number | undefined }) {
  const t = words();
  return (
    <span class={`wire wire-${state}`} title={state === 'live' ? t.netWireSaid : undefined}>
      {wireText(t, state, delay)}
    </span>
  );
}

function wireText(t: Messages, state: Wire, delay: number | undefined): string {
  if (state === 'live')
    return delay === undefined ? t.netWireBare : t.netWire(Math.max(1, Math.round(delay)));
  if (state === 'offline') return t.netOfflineShort;
  return state === 'connecting' ? t.netConnecting : t.netReconnecting;
}

/** The same in one word, for the header of a phone. */
export function WireWord() {
  const t = words();
  const state = wire.value;
  const texts: Record<Wire, string> = {
    live: t.netLive,
    connecting: t.netConnecting,
    reconnecting: t.netReconnecting,
    offline: t.netOfflineShort,
  };
  return <span class={`wire-word wire-${state}`}>{texts[state]}</span>;
}
