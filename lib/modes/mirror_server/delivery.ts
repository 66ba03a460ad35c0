/**
 * Hands a mail on: an event for each recipient, and a mail to the postmaster.
 *
 * @module
 */

import { eventOf } from "../../domain/mirror/mirror_event.ts";
import { BrokerError } from "../../engine/broker/broker.ts";
import { TOO_LATE, within } from "../../system/deadline.ts";
import type { LogLine } from "../log_line.ts";
import type { RealmRates } from "./realm_rates.ts";
import type { Target } from "./recipients.ts";
import { REPLY, type Reply } from "./replies.ts";

/** The queue of the mails. */
export const MIRROR_QUEUE = "email_mirror";

/** What a {@linkcode Delivery} works with. */
export interface DeliveryOptions {
  /** Publishes an event and resolves when that is confirmed. @throws {BrokerError} When it is not. */
  readonly publish: (queue: string, event: unknown, id: string) => Promise<void>;
  /** Sends a mail to the postmaster, within a time of its own. @returns The answer to the client. */
  readonly forward: (mail: Uint8Array) => Promise<Reply>;
  readonly rates: RealmRates;
  /** The time for the events of all recipients of a mail together, in ms. */
  readonly answerMs: number;
  readonly log: LogLine;
  /** ms since 1970. @default {Date.now} */
  readonly now?: () => number;
}

/** Delivers mails. */
export class Delivery {
  readonly #options: DeliveryOptions;

  /** @param options What it works with. */
  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  /**
   * Delivers a mail. It is accepted only when the event of every recipient is confirmed. Else the
   * client has to send it again: recipients that have it are known by the id of the event, and the
   * worker skips the second one.
   *
   * @param mail With the headers of this server.
   * @returns The answer to the client.
   * @throws {Error} For a fault of the program.
   */
  async deliver(mail: Uint8Array, targets: readonly Target[]): Promise<Reply> {
    const { forward, rates, now = Date.now } = this.#options;
    const mirrored = targets.filter((target) => target.kind === "mirror");
    if (!await this.#publishInTime(mail, mirrored.map(({ address }) => address))) {
      return REPLY.noBroker;
    }
    const reply = mirrored.length < targets.length ? await forward(mail) : REPLY.accepted;
    if (reply.code < 400) { for (const { realm } of mirrored) rates.add(realm, now()); }
    return reply;
  }

  /** @returns Whether the events of all recipients are confirmed. */
  async #publishInTime(mail: Uint8Array, addresses: readonly string[]): Promise<boolean> {
    const { answerMs, log } = this.#options;
    const end = new AbortController();
    const isDone = await within(answerMs, this.#publishAll(mail, addresses, end.signal));
    end.abort();
    if (isDone !== TOO_LATE) return isDone;
    const message =
      "A mail was not accepted, as its events were not confirmed within {seconds} s: " +
      "the client sends it again";
    log("warning", message, { seconds: answerMs / 1000 });
    return false;
  }

  async #publishAll(
    mail: Uint8Array,
    addresses: readonly string[],
    signal: AbortSignal,
  ): Promise<boolean> {
    // One after another: each event is a copy of the mail.
    for (const address of addresses) {
      if (signal.aborted || !await this.#publish(mail, address)) return false;
    }
    return true;
  }

  /** @returns Whether the event is confirmed. */
  async #publish(mail: Uint8Array, address: string): Promise<boolean> {
    const { publish, log } = this.#options;
    const { event, id } = eventOf(mail, address);
    try {
      await publish(MIRROR_QUEUE, event, id);
      return true;
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      const message =
        "A mail was not accepted, as its event was not confirmed: the client sends it " +
        "again: {reason}";
      log("warning", message, { reason: error.message });
      return false;
    }
  }
}
