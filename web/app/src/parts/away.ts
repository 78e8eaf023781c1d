// Stepping away and coming back, as everybody who is here sees it.
import * as api from '@teahouse/sdk/api';
import { house } from '../state/house.ts';

const pause_ms = 3_600_000;

/** Steps away, without notifications for an hour; or is back, and told again. */
export async function stepAway(away: boolean): Promise<void> {
  const paused_until = away ? Date.now() + pause_ms : null;
  await api.tellOfMe(house(), { away });
  await house().request('PATCH', 'v1/me/notifications', { paused_until });
}
