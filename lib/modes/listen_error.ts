/**
 * The error of an address that cannot be listened on.
 *
 * @module
 */

/** The address cannot be listened on. The message says why, and what to do. */
export class ListenError extends Error {
  override readonly name = "ListenError";
}
