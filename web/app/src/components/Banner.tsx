import { partWords } from '../parts/words.ts';
import { back, banner, house, type Banner as News } from '../state/house.ts';
import { jumpToMessage } from '../state/reading.ts';
import type { Timeline } from '../state/timeline.ts';
import { Icon } from './Icon.tsx';
import './Banner.css';

/** What is to be said about the connection. Takes its space from the list, covers nothing. */
export function Banner({ timeline }: { timeline: Timeline }) {
  const news = banner.value;
  return news === undefined ? null : <BannerView news={news} timeline={timeline} />;
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
      </div>
    );
  }
  return (
    <div class="banner">
      <Icon name="pulse" />
      <span>{news.seconds === undefined ? p.netTrying : p.netLost(news.seconds)}</span>
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
