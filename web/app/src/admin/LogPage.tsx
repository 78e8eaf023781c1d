import * as api from '@teahouse/sdk/api';
import { Button } from '../components/Button.tsx';
import { FieldError } from '../components/FieldError.tsx';
import { useAct, useAsked } from '../parts/asked.ts';
import { Waiting } from '../parts/Waiting.tsx';
import { house } from '../state/house.ts';
import { listedRoom } from '../state/rooms.ts';
import { aboutWhat, actionText } from './log.ts';
import { adminWords } from './words.ts';

const roomName = (id: string) => listedRoom(id)?.name ?? id;

/** Who did what, newest first. */
export function LogPage() {
  const a = adminWords();
  const asked = useAsked(() => api.audit(house()));
  const { act, fault } = useAct();
  const lines = asked.value?.lines ?? [];
  const more = async () => {
    const next = await api.audit(house(), lines.at(-1)?.id);
    asked.set({ ...next, lines: [...lines, ...next.lines] });
  };
  return (
    <>
      <Waiting asked={asked} />
      {asked.value !== undefined && lines.length === 0 && <p class="empty-note">{a.logNone}</p>}
      {lines.length > 0 && (
        <ul class="things">
          {lines.map((line) => (
            <li key={line.id}>
              <span class="thing-text">
                <b>{actionText(a, line.action)}</b> {aboutWhat(a, line, roomName)}
                <small>{a.logFacts(line.by.name, line.at)}</small>
              </span>
            </li>
          ))}
        </ul>
      )}
      <FieldError id="log-error" text={fault} />
      {asked.value?.more && <Button onPress={() => void act(more)}>{a.more}</Button>}
    </>
  );
}
