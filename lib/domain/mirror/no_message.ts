/**
 * Mails that become no message.
 *
 * @module
 */

/** How much an operator has to know of it. */
export type NoMessageLevel = "info" | "warn" | "error";

/**
 * A mail becomes no message, and it will not when it comes again. Its text is Zulip's, and names no
 * address and no token.
 */
export class NoMessage extends Error {
  /** Always `NoMessage`. */
  override readonly name = "NoMessage";
  /** The level of the line in the log. */
  readonly level: NoMessageLevel;

  /** @param message Why. */
  constructor(level: NoMessageLevel, message: string) {
    super(message);
    this.level = level;
  }
}
