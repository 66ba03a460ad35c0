/**
 * Faults of what a mail is made of.
 *
 * @module
 */

/**
 * A mail that nobody can send as it is: the same event fails the same way again. The message says
 * which part is wrong and why, and repeats neither an address nor a name.
 */
export class MailError extends Error {
  /** Always `MailError`. */
  override readonly name = "MailError";
}
