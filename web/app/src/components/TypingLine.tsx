import { words } from '../i18n/language.ts';
import type { Timeline } from '../state/timeline.ts';
import { TransportChip } from './TransportChip.tsx';
import './TypingLine.css';

/** Under the composer: who types, and the wire. Its height is reserved. */
export function TypingLine({ timeline }: { timeline: Timeline }) {
  const t = words();
  const others = timeline.typing.value;
  return (
    <div class="under">
      <span class="typing">
        {others.length > 0 && (
          <>
            <i class="typing-dots">
              <span />
            </i>
            <span>
              {t.listTyping(
                others.map((person) => person.name),
                others.length,
              )}
            </span>
          </>
        )}
      </span>
      <TransportChip />
    </div>
  );
}
