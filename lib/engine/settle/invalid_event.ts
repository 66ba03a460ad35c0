/**
 * The error of a delivery that is not an event of its queue.
 *
 * @module
 */

/** Why a delivery is not an event that its worker takes; the message goes to the dead letter. */
export class InvalidEvent extends Error {
  override readonly name = "InvalidEvent";
}
