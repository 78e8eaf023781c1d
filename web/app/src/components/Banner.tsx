import { words } from '../i18n/language.ts';
import { partWords } from '../parts/words.ts';
import { now } from '../state/clock.ts';
import { back, banner, connection, house, type Banner as News } from '../state/house.ts';
import { jumpToMessage } from '../state/reading.ts';
import type { Timeline } from '../state/timeline.ts';
import { clock, dayLabel, dayOf } from '../text/time.ts';
import { Icon } from './Icon.tsx';
import './Banner.css';

const offline: News = { kind: 'offline' };

/** What is to be said about the connection. Takes its space from the list, covers nothing. */
export function Banner({ timeline }: { timeline: Timeline }) {
  // What was kept is shown at once where there is no network: so is why.
  const news = banner.value ?? (connection.value === 'offline' ? offline : undefined);
  if (news !== undefined) return <BannerView news={news} timeline={timeline} />;
  if (timeline.asOf.value === undefined) return null;
  return (
    <div class="banner">
      <Icon name="pulse" />
      <AsOf timeline={timeline} />
    </div>
  );
}

export function BannerView({ news, timeline }: { news: News; timeline: Timeline }) {
  const p = partWords();
  if (news.kind === 'back') {
    return (
      <div class="banner good">
        <Icon name="check" />
        <span>{p.netBack(news.arrived)}</span>
        {news.arrived > 0 && (
          <button
            type="button"
            onClick={() => {
              jumpToMessage(timeline, timeline.beforeLoss + 1);
              back.value = undefined;
            }}
          >
            {p.netShow}
          </button>
        )}
      </div>
    );
  }
  if (news.kind === 'offline') {
    return (
      <div class="banner">
        <Icon name="pulse" />
        <span>{p.netOffline}</span>
        <AsOf timeline={timeline} />
      </div>
    );
  }
  return (
    <div class="banner">
      <Icon name="pulse" />
      <span>{news.seconds === undefined ? p.netTrying : p.netLost(news.seconds)}</span>
      <AsOf timeline={timeline} />
      <button
        type="button"
        aria-disabled={news.seconds === undefined}
        onClick={() => house().retryNow()}
      >
        {p.netNow}
      </button>
    </div>
  );
}

/** What is shown was kept on this device: when it was so. */
function AsOf({ timeline }: { timeline: Timeline }) {
  const at = timeline.asOf.value;
  if (at === undefined) return null;
  const t = words();
  const time = clock(t.tag, at);
  const isToday = dayOf(at) === dayOf(now.value);
  return (
    <time class="as-of" dateTime={new Date(at).toISOString()}>
      {partWords().netAsOf(isToday ? time : `${dayLabel(t, at, now.value)} ${time}`)}
    </time>
  );
}
