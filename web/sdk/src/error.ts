/**
 * The one error that the SDK rejects with.
 */

/** What an error frame or an error answer over HTTP carries. */
export interface ErrorBody {
  code: string;
  message: string;
  field?: string;
  retry_ms?: number;
}

/**
 * A refusal. `code` is one of the table in docs/protocol.md, or one of the SDK's own:
 * `unreachable` (no answer from the house) and `ended` (the connection ended for good).
 */
export class TeahouseError extends Error {
  readonly code: string;
  /** The name of what is wrong. */
  readonly field?: string;
  /** How long to wait before trying again. */
  readonly retry_ms?: number;

  constructor(body: ErrorBody, options?: ErrorOptions) {
    super(body.message, options);
    this.name = 'TeahouseError';
    this.code = body.code;
    if (body.field !== undefined) this.field = body.field;
    if (body.retry_ms !== undefined) this.retry_ms = body.retry_ms;
  }
}
