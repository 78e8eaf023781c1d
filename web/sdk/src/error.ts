/**
 * The one error that the SDK rejects with.
 */
import type { Person } from './frame.js';

/** What an error frame or an error answer over HTTP carries. */
export interface ErrorBody {
  code: string;
  message: string;
  field?: string;
  retry_ms?: number;
  /** Whose invite has ended. */
  by?: Person;
}

/**
 * A refusal. `code` is one of the table in docs/protocol.md, or one of the SDK's own:
 * `unreachable` (no answer from the house) and `ended` (the connection ended for good).
 */
export class TeahouseError extends Error {
  declare readonly code: string;
  /** The name of what is wrong. */
  declare readonly field?: string;
  /** How long to wait before trying again. */
  declare readonly retry_ms?: number;
  /** Whose invite has ended. */
  declare readonly by?: Person;

  constructor(body: ErrorBody, options?: ErrorOptions) {
    super(body.message, options);
    Object.assign(this, body);
    this.name = 'TeahouseError';
  }
}
