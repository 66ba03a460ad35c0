/**
 * The error of publishing.
 *
 * @module
 */

/** Publishing has stopped before its end; the message says where, why, and what was published. */
export class PublishError extends Error {
  override readonly name = "PublishError";
}
