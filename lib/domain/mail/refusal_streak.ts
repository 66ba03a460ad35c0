/**
 * Tells a server that refuses every mail from mails that are refused.
 *
 * @module
 */

import type { RecipientResult, SendResult } from "./outcome.ts";

/** From this many mails in a row, the server and not the mails are to blame. */
const MANY = 20;
/** The mail is too large: that says nothing about the sender. */
const TOO_LARGE = 552;

type Refused = Extract<RecipientResult, { kind: "refused" }>;

/**
 * Counts mails in a row whose content was refused for good with the same code. From the 20th on, a
 * refusal is taken for one of the server: nothing is sent, so that the queue waits. A mail that is
 * refused a second time then is taken for refused for now, so that the next try is another mail.
 */
export class RefusalStreak {
  #code = 0;
  #count = 0;
  #tried: string | undefined;

  /**
   * Counts a mail that was sent.
   *
   * @param mail Tells it from others: the same whenever it is tried. An event that goes back to its
   * queue may have another id when it comes again.
   * @returns What the result means.
   */
  add(result: SendResult, mail: string): SendResult {
    if (result.kind !== "answered") return result;
    const refused = result.recipients.find(isOfMail);
    this.#count = refused === undefined ? 0 : refused.code === this.#code ? this.#count + 1 : 1;
    this.#code = refused?.code ?? 0;
    if (refused === undefined || this.#count < MANY) return result;
    if (this.#tried === mail) return { ...result, recipients: result.recipients.map(forNow) };
    this.#tried = mail;
    return { kind: "not-sent", cause: "configuration", reason: this.#reason(refused) };
  }

  #reason({ code, words }: Refused): string {
    return `the server refused ${this.#count} mails in a row (${code} ${words}): it may block ` +
      "this host or the sender";
  }
}

function isOfMail(each: RecipientResult): each is Refused {
  return each.kind === "refused" && each.isOfMail && each.isForGood && each.code !== TOO_LARGE;
}

function forNow(each: RecipientResult): RecipientResult {
  return isOfMail(each) ? { ...each, isForGood: false } : each;
}
