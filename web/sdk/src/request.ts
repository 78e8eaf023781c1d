/** Requests over HTTP that are not the stream: the look through the door, and all of docs/api.md. */
import { type ErrorBody, TeahouseError } from './error.js';

/** Asks, with JSON or the bytes of a `Blob` if there is a body; rejects with a `TeahouseError`. */
export async function request<T>(
  fetch_: typeof fetch,
  url: URL,
  method: string,
  body: unknown,
  headers: Record<string, string>,
): Promise<T> {
  let response: Response;
  try {
    if (body !== undefined && !(body instanceof Blob)) {
      headers['content-type'] = 'application/json';
      body = JSON.stringify(body);
    }
    response = await fetch_(url, {
      method,
      headers,
      ...(body !== undefined && { body }),
    } as RequestInit);
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
