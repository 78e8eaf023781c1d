// Asks the house what the sessions of a person cost: `GET /v1/costs` of the protocol. This request is not counted.
import type { Count } from './ledger.ts';
import { byCookie } from './socket.ts';

/** By session; rejects when the house does not tell. */
export async function readCosts(token: string): Promise<Record<string, Count>> {
  const headers = token === byCookie ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch('/v1/costs', { headers });
  if (!response.ok)
    throw new Error(`The house answered ${response.status} to the question of costs.`);
  const { sessions } = (await response.json()) as { sessions: Record<string, Count> };
  return sessions;
}
