import * as api from '@teahouse/sdk/api';
import { useState } from 'preact/hooks';
import { words } from '../i18n/language.ts';
import { house } from '../state/house.ts';
import { receiveRoom } from '../state/rooms.ts';
import { mainRoom } from '../state/route.ts';
import { announceFault } from '../state/speech.ts';
import type { Timeline } from '../state/timeline.ts';
import { Button } from './Button.tsx';
import './JoinBar.css';

/** Who only looks into a room can join it: it then stands in their list. */
export function JoinBar({ timeline }: { timeline: Timeline }) {
  const t = words();
  const [busy, setBusy] = useState(false);
  const info = timeline.info.value;
  if (info === undefined || info.joined || info.id === mainRoom) return null;
  if (!info.may.includes('join')) return null;
  const join = async () => {
    if (busy) return;
    setBusy(true);
    try {
      receiveRoom(await api.joinRoom(house(), info.id));
    } catch {
      announceFault(t.joinFailed);
    }
    setBusy(false);
  };
  return (
    <div class="join-bar">
      <span>{t.joinAsk}</span>
      <Button primary onPress={() => void join()}>
        {t.join}
      </Button>
    </div>
  );
}
