import * as api from '@teahouse/sdk/api';
import { useState } from 'preact/hooks';
import { words } from '../i18n/language.ts';
import { partWords } from '../parts/words.ts';
import { house } from '../state/house.ts';
import { receiveRoom } from '../state/rooms.ts';
import type { Timeline } from '../state/timeline.ts';
import { announceFault } from '../state/voice.ts';
import { Button } from './Button.tsx';
import './JoinBar.css';

/** Who only looks into a room can join it: it then stands in their list. */
export function JoinBar({ timeline }: { timeline: Timeline }) {
  const p = partWords();
  const t = words();
  const [busy, setBusy] = useState(false);
  const info = timeline.info.value;
  if (info === undefined) return null;
  const join = async () => {
    if (busy) return;
    setBusy(true);
    try {
      void receiveRoom(await api.joinRoom(house(), info.id));
    } catch {
      announceFault(p.joinFailed);
    }
    setBusy(false);
  };
  return (
    <div class="join-bar">
      <span>{p.joinAsk}</span>
      <Button primary onPress={() => void join()}>
        {t.join}
      </Button>
    </div>
  );
}
