/**
 * The bytes of mails while they are received and delivered.
 *
 * @module
 */

import { REPLY, type Reply, tooLarge } from "./replies.ts";

/** The memory for all mails of the process that are not answered yet. */
export class MailRoom {
  #free: number;

  /** @param bytes Of all mails together. */
  constructor(bytes: number) {
    this.#free = bytes;
  }

  /** The bytes that are free. */
  get free(): number {
    return this.#free;
  }

  /** A part of the room, which grows with its mail. Dispose it when the mail is answered. */
  hold(): MailHold {
    return new MailHold((bytes) => this.#change(bytes));
  }

  #change(bytes: number): boolean {
    if (bytes > this.#free) return false;
    this.#free -= bytes;
    return true;
  }
}

/** The room that one mail takes. */
export class MailHold implements Disposable {
  readonly #change: (bytes: number) => boolean;
  #bytes = 0;

  /** Use {@linkcode MailRoom.hold}. */
  constructor(change: (bytes: number) => boolean) {
    this.#change = change;
  }

  /** Takes more. @returns Whether there was room. */
  take(bytes: number): boolean {
    if (!this.#change(bytes)) return false;
    this.#bytes += bytes;
    return true;
  }

  /** Frees all that was taken. */
  [Symbol.dispose](): void {
    this.#change(-this.#bytes);
    this.#bytes = 0;
  }
}

/**
 * Reads a mail to its end, also when it is refused: the client listens for the answer only then.
 *
 * @param maxBytes The largest mail.
 * @param hold The room that it takes, freed when the mail is refused.
 * @returns The mail, or why it is refused.
 * @throws {Error} When the client has gone before the end.
 */
export async function readMail(
  stream: AsyncIterable<Uint8Array>,
  maxBytes: number,
  hold: MailHold,
): Promise<Uint8Array | Reply> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  let refusal: Reply | undefined;
  for await (const chunk of stream) {
    length += chunk.length;
    if (length > maxBytes) refusal = tooLarge(maxBytes);
    else if (!refusal && !hold.take(chunk.length)) refusal = REPLY.noRoom;
    if (!refusal) chunks.push(chunk);
    else {
      chunks.length = 0;
      hold[Symbol.dispose]();
    }
  }
  return refusal ?? Buffer.concat(chunks);
}
