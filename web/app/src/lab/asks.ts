/**
 * Sees the requests that a lane makes, without touching them: when each began, what was answered, when it ended.
 * The SDK makes them through the `fetch` that it is given; this one only looks on.
 */

/** A request that receives. */
export interface AskStart {
  kind: 'stream' | 'poll';
  /** How long it may wait for news; zero for polling. */
  wait_s: number;
}

export interface AskEvents {
  /** Answers with what is to be called when the request has ended, with its status if it was answered. */
  began(ask: AskStart): (status: number | undefined) => void;
}

/** A `fetch` that tells of the requests that receive. */
export function watchedFetch(events: AskEvents, real: typeof fetch): typeof fetch {
  return async (input, init) => {
    const ask = askOf(input);
    if (ask === undefined) return real(input, init);
    const tellEnd = events.began(ask);
    let over = false;
    const end = (status: number | undefined) => {
      if (!over) tellEnd(status);
      over = true;
    };
    init?.signal?.addEventListener('abort', () => end(undefined), { once: true });
    try {
      const response = await real(input, init);
      return watchBody(response, () => end(response.status));
    } catch (error) {
      end(undefined);
      throw error;
    }
  };
}

function askOf(input: RequestInfo | URL): AskStart | undefined {
  const { pathname, searchParams } = new URL(input instanceof Request ? input.url : input);
  if (pathname.endsWith('/v1/stream')) return { kind: 'stream', wait_s: 0 };
  if (!pathname.endsWith('/v1/poll')) return undefined;
  return { kind: 'poll', wait_s: Number(searchParams.get('wait') ?? 0) };
}

/** The same answer, which says when it has been read to its end. */
function watchBody(response: Response, end: () => void): Response {
  if (response.body === null) {
    end();
    return response;
  }
  const watch = new TransformStream<Uint8Array, Uint8Array>({ flush: end });
  const { status, statusText, headers } = response;
  return new Response(response.body.pipeThrough(watch), { status, statusText, headers });
}
