import type { TransportName } from '@teahouse/sdk';
import { words } from '../i18n/language.ts';
import { partWords } from '../parts/words.ts';
import { carriedSince, delay_ms, isSteppedDown, transport, wire } from '../state/house.ts';
import { addressOf, followLink } from '../state/route.ts';
import { settings } from '../state/settings.ts';
import { chooseTransport } from '../state/transport.ts';
import { clock } from '../text/time.ts';
import { Button } from './Button.tsx';
import { Icon } from './Icon.tsx';
import './WireCard.css';
import './WireFacts.css';

/** What carries the frames now, and the way to the lab; and back to the choice, unless the choice stands beside it. */
export function WireFacts({ chosenHere = false }: { chosenHere?: boolean }) {
  return (
    <WireFactsView
      carrier={wire.value === 'live' ? transport.value : undefined}
      delay={delay_ms.value}
      since={carriedSince.value}
      down={isSteppedDown.value}
      fixed={!chosenHere && settings.value.transport !== 'auto'}
    />
  );
}

interface WireFactsViewProps {
  /** Undefined while there is no connection. */
  carrier: TransportName | undefined;
  delay: number | undefined;
  since: number | undefined;
  down: boolean;
  fixed: boolean;
}

export function WireFactsView({ carrier, delay, since, down, fixed }: WireFactsViewProps) {
  const p = partWords();
  const t = words();
  const isCarried = carrier !== undefined;
  return (
    <>
      <dl>
        <dt>{p.wireCarrier}</dt>
        <dd>{isCarried ? t.wireName(carrier) : '–'}</dd>
        <dt>{p.wireDelay}</dt>
        <dd>
          {isCarried && delay !== undefined ? p.wireDelayMs(Math.max(1, Math.round(delay))) : '–'}
        </dd>
        <dt>{p.wireSince}</dt>
        <dd>{isCarried && since !== undefined ? clock(t.tag, since) : '–'}</dd>
      </dl>
      {down && isCarried && <p>{p.wireDownWhy}</p>}
      {fixed && (
        <div class="wire-fixed">
          <p>{p.wireFixed}</p>
          <Button onPress={() => chooseTransport('auto')}>{p.wireAuto}</Button>
        </div>
      )}
      <LabLink />
    </>
  );
}

function LabLink() {
  const p = partWords();
  const to = { screen: 'lab' } as const;
  return (
    <a class="text-button" href={addressOf(to)} onClick={(event) => followLink(event, to)}>
      <Icon name="pulse" />
      {p.wireLab}
    </a>
  );
}
