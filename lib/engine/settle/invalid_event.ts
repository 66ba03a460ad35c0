/**
 * The error of a delivery that is not an event of its queue.
 *
 * @module
 */

/** Why a delivery is not an event that its worker takes; the message goes to the dead letter. */
export class InvalidEvent extends Error {
  override readonly name = "InvalidEvent";
  /** The message for a worker that has secrets: it has nothing that the delivery says. */
  readonly bare: string | undefined;
  /** @param bare The message without anything of the delivery. @default {none is known} */
  constructor(message: string, bare?: string) {
    super(message);
    this.bare = bare;
  }
}
