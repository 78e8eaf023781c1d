/** Requests over HTTP that are not the stream: the look through the door, setup, signing in. */
import { type ErrorBody, TeahouseError } from './error.js';

/** Asks with `GET`, or with `POST` when there is a body; rejects with a `TeahouseError`. */
export async function request<T>(fetch_: typeof fetch, url: URL, body?: unknown): Promise<T> {
  const post = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
  let response: Response;
  try {
    response = await fetch_(url, body === undefined ? {} : post);
  } catch (cause) {
    const message = 'The house does not answer. Check the connection and try again.';
    throw new TeahouseError({ code: 'unreachable', message }, { cause });
  }
  const answer: unknown = await response.json().catch(() => undefined);
  if (response.ok && answer !== undefined) return answer as T;
  throw new TeahouseError(errorOf(answer, response.status));
}

/** What a refusal says; something between us and the house may have answered in its place. */
function errorOf(answer: unknown, status: number): ErrorBody {
  const body = answer as Partial<ErrorBody> | null | undefined;
  if (typeof body?.code === 'string' && typeof body.message === 'string') return body as ErrorBody;
  return { code: 'unreachable', message: `The house answered ${status} without saying why.` };
}
