/**
 * The two tables of docs/protocol.md, and nothing else: what a client does on a close code and on
 * an error code. A test compares them with the document; nobody else may decide by a code.
 */

/** What a client does when a connection ends. */
export type CloseAction =
  | 'resume'
  | 'replaced'
  | 'back_off'
  | 'renew_token'
  | 'drop_cursors'
  | 'stop';

/** What a client does with a refusal. */
export type ErrorAction = 'fix' | 'stop' | 'wait' | 'reconnect';

const BY_HUNDRED: Record<number, CloseAction> = {
  40: 'resume',
  41: 'back_off',
  42: 'renew_token',
  43: 'drop_cursors',
  44: 'stop',
};

const REPLACED = 4003;

/**
 * What to do on a close code. Codes of ours act by their hundred; all others (a lost network is
 * 1006) say nothing about us, so the client backs off and resumes.
 */
export function closeAction(code: number): CloseAction {
  if (code === REPLACED) return 'replaced';
  return BY_HUNDRED[Math.floor(code / 100)] ?? 'back_off';
}

/** Error code → [HTTP status, what the client does, the close code if it ends the connection]. */
export const ERRORS: Readonly<
  Record<string, readonly [status: number, action: ErrorAction, closes?: number]>
> = {
  bad_frame: [400, 'fix', 4400],
  unknown_command: [400, 'fix'],
  missing_field: [400, 'fix'],
  bad_field: [400, 'fix'],
  too_large: [413, 'fix'],
  quota: [413, 'stop'],
  text_too_long: [413, 'fix'],
  hello_first: [400, 'fix', 4400],
  already_welcome: [400, 'fix'],
  no_such_room: [404, 'stop'],
  not_subscribed: [409, 'fix'],
  too_many_rooms: [409, 'fix'],
  may_not_write: [403, 'stop'],
  muted: [403, 'stop'],
  slow_mode: [429, 'wait'],
  rate: [429, 'wait'],
  cid_conflict: [409, 'stop'],
  out_of_order: [409, 'wait'],
  no_such_message: [404, 'stop'],
  no_change: [409, 'stop'],
  too_many: [409, 'stop'],
  too_late: [403, 'stop'],
  name_taken: [409, 'fix'],
  bad_name: [400, 'fix'],
  bad_token: [401, 'stop', 4401],
  bad_password: [401, 'fix'],
  forbidden: [403, 'stop'],
  banned: [403, 'stop', 4403],
  question: [403, 'fix'],
  work: [403, 'fix'],
  wrong_transport: [400, 'fix'],
  store_busy: [503, 'wait'],
  store_full: [503, 'wait'],
  store_down: [503, 'wait'],
  draining: [503, 'reconnect'],
  version: [426, 'stop', 4426],
  not_found: [404, 'stop'],
  internal: [500, 'wait'],
};

/** What to do on an error; a code of a newer server is waited for if it says how long. */
export function errorAction(error: { code: string; retry_ms?: number }): ErrorAction {
  return ERRORS[error.code]?.[1] ?? (error.retry_ms === undefined ? 'stop' : 'wait');
}

/** Whether the client itself tries again. */
export function isRetried(error: { code: string; retry_ms?: number }): boolean {
  const action = errorAction(error);
  return action === 'wait' || action === 'reconnect';
}

/** Whether what was asked for is so already: nothing failed. */
export function isDone({ code }: { code: string }): boolean {
  return code === 'no_change';
}

/**
 * Whether a send refused so closes the gate: later ones of that connection to that room are
 * answered with `out_of_order` until one with `first` comes.
 */
export function closesGate(error: { code: string; retry_ms?: number }): boolean {
  return isRetried(error) || error.code === 'not_subscribed';
}

/**
 * Whether the same thing may be taken another time: what the client retries by itself, and what a
 * right forbids (403), since rights come back. A wrong text stays wrong.
 */
export function mayWorkLater(error: { code: string; retry_ms?: number }): boolean {
  return isRetried(error) || ERRORS[error.code]?.[0] === 403;
}
