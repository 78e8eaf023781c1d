import type { TransportName } from '@teahouse/sdk';
import { words } from '../i18n/language.ts';
import { carriedSince, delay_ms, isSteppedDown, transport, wire } from '../state/house.ts';
import { addressOf, followLink } from '../state/route.ts';
import { settings } from '../state/settings.ts';
import { chooseTransport } from '../state/transport.ts';
import { clock } from '../text/time.ts';
import { Button } from './Button.tsx';
import { Icon } from './Icon.tsx';
import './WireCard.css';

/** Opens from the chip, or on a phone from the header: what carries the frames, and the way to the lab. */
export function WireCard({ id }: { id: string }) {
  const t = words();
  return (
    <div id={id} class="wire-card" popover="auto" role="dialog" aria-label={t.wireTitle}>
      <WireCardView
        carrier={wire.value === 'live' ? transport.value : undefined}
        delay={delay_ms.value}
        since={carriedSince.value}
        down={isSteppedDown.value}
        fixed={settings.value.transport !== 'auto'}
      />
    </div>
  );
}

interface WireCardViewProps {
  /** Undefined while there is no connection. */
  carrier: TransportName | undefined;
  delay: number | undefined;
  since: number | undefined;
  down: boolean;
  fixed: boolean;
}

export function WireCardView({ carrier, delay, since, down, fixed }: WireCardViewProps) {
  const t = words();
  const isCarried = carrier !== undefined;
  return (
    <>
      <dl>
        <dt>{t.wireCarrier}</dt>
        <dd>{isCarried ? t.wireName(carrier) : '–'}</dd>
        <dt>{t.wireDelay}</dt>
        <dd>
          {isCarried && delay !== undefined ? t.wireDelayMs(Math.max(1, Math.round(delay))) : '–'}
        </dd>
        <dt>{t.wireSince}</dt>
        <dd>{isCarried && since !== undefined ? clock(t.tag, since) : '–'}</dd>
      </dl>
      {down && isCarried && <p>{t.wireDownWhy}</p>}
      {fixed && (
        <div class="wire-fixed">
          <p>{t.wireFixed}</p>
          <Button onPress={() => chooseTransport('auto')}>{t.wireAuto}</Button>
        </div>
      )}
      <LabLink />
    </>
  );
}

function LabLink() {
  const t = words();
  const to = { screen: 'lab' } as const;
  return (
    <a class="text-button" href={addressOf(to)} onClick={(event) => followLink(event, to)}>
      <Icon name="pulse" />
      {t.wireLab}
    </a>
  );
}
