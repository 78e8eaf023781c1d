// Asks the house what the sessions of a person cost: `GET /v1/costs` of the protocol. This request is not counted.
import type { Count } from './ledger.ts';

/** By session; rejects when the house does not tell. */
export async function readCosts(token: string): Promise<Record<string, Count>> {
  const response = await fetch('/v1/costs', { headers: { authorization: `Bearer ${token}` } });
  if (!response.ok)
    throw new Error(`The house answered ${response.status} to the question of costs.`);
  const { sessions } = (await response.json()) as { sessions: Record<string, Count> };
  return sessions;
}
