/**
 * What the WebSockets standard (websockets.spec.whatwg.org) demands of arguments, with the
 * exceptions that the browser's own object throws. It must not know the protocol of Teahouse.
 */

/** The longest reason that fits into a close frame (RFC 6455, section 5.5). */
const REASON_BYTES_MAX = 123;
/** A token of RFC 9110, as `Sec-WebSocket-Protocol` takes it. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

const encoder = new TextEncoder();

/** The length of a text on the wire. */
export function utf8Bytes(text: string): number {
  return encoder.encode(text).byteLength;
}

/** The address as the object shows it: absolute, `ws:` or `wss:`, no fragment. */
export function socketUrl(url: string | URL, base = globalThis.location?.href): string {
  let parsed: URL;
  try {
    parsed = new URL(url, base);
  } catch {
    throw syntaxError(`the URL '${url}' is invalid`);
  }
  parsed.protocol = parsed.protocol.replace(/^http/, 'ws');
  if (!/^wss?:$/.test(parsed.protocol)) {
    throw syntaxError(`the scheme of '${url}' must be http, https, ws or wss`);
  }
  if (parsed.href.includes('#')) throw syntaxError(`the URL '${url}' has a fragment: remove it`);
  return parsed.href;
}

/** The subprotocols as a list, each once. */
export function subprotocols(protocols: string | readonly string[]): string[] {
  const list = typeof protocols === 'string' ? [protocols] : [...protocols];
  for (const [i, protocol] of list.entries()) {
    if (!TOKEN.test(protocol)) throw syntaxError(`'${protocol}' is no subprotocol`);
    if (list.indexOf(protocol) !== i) throw syntaxError(`the subprotocol '${protocol}' is double`);
  }
  return list;
}

/** Throws unless `close()` takes these arguments. */
export function checkClose(code: number | undefined, reason: string | undefined): void {
  if (code !== undefined && code !== 1000 && !(code >= 3000 && code <= 4999)) {
    const message = `the close code must be 1000 or 3000 to 4999, not ${code}`;
    throw new DOMException(message, 'InvalidAccessError');
  }
  if (reason !== undefined && utf8Bytes(reason) > REASON_BYTES_MAX) {
    throw syntaxError(`the reason is longer than ${REASON_BYTES_MAX} bytes in UTF-8`);
  }
}

function syntaxError(message: string): DOMException {
  return new DOMException(message, 'SyntaxError');
}
