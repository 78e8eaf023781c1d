import { words } from '../i18n/language.ts';
import { Menu } from '../parts/Menu.tsx';
import { hide, type Overlay, show } from '../state/overlay.ts';
import { phone } from '../state/screen.ts';
import { messageActs, react } from './acts.ts';
import { likely } from './habits.ts';
import { talkWords } from './words.ts';
import './MessageMenu.css';

/** How many reactions stand over the sheet of a phone. */
const quick = 6;

/** Everything that can be done with a message; on a phone a sheet with the likely reactions on top. */
export function MessageMenu(place: Extract<Overlay, { kind: 'message' }>) {
  const t = talkWords();
  const { timeline, row } = place;
  const acts = messageActs(place);
  if (phone.peek() && (row.state.reactions?.length ?? 0) > 0)
    acts.push({
      label: t.reactionsBy,
      icon: 'people',
      act: () => show({ kind: 'reactions', row }),
    });
  const mayReact = timeline.info.peek()?.may.includes('react') ?? false;
  const head =
    phone.peek() && mayReact && row.gone === undefined ? (
      <div class="quick-reactions">
        {likely(quick).map((emoji) => (
          <button
            key={emoji}
            type="button"
            aria-label={t.reactWith(emoji)}
            aria-pressed={(row.state.mine ?? []).includes(emoji)}
            onClick={() => {
              hide();
              react(timeline, row, emoji);
            }}
          >
            {emoji}
          </button>
        ))}
      </div>
    ) : undefined;
  return <Menu label={words().messageMore} at={place.at} items={acts} head={head} onClose={hide} />;
}
