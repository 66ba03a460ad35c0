/**
 * Turns of mails: each connection to the SMTP server sends one at a time.
 *
 * @module
 */

import { type NoTurn, type TurnOptions, Turns } from "../../system/turns.ts";
import type { MailDecision } from "./sending.ts";

/** How long a mail waits at the least that had no turn, in ms. */
const NO_TURN_MS = 1_000;

/** Sends as many mails at once as there are connections. */
export class MailTurns {
  readonly #turns: Turns<MailDecision>;

  /** @param connections How many mails are sent at once. */
  constructor(connections: number) {
    this.#turns = new Turns(connections, ({ kind }) => kind === "pause");
  }

  /**
   * Calls a function that sends a mail when a connection is free for it. Where it learns that no mail
   * can be sent, that holds for all that wait.
   *
   * @returns Its decision, that of another mail which holds for all, or what follows from no turn.
   * @throws What the function throws.
   */
  async run(call: () => Promise<MailDecision>, options: TurnOptions): Promise<MailDecision> {
    const decision = await this.#turns.run(call, options);
    return typeof decision === "string" ? withoutTurn(decision, Date.now()) : decision;
  }
}

function withoutTurn(why: NoTurn, now: number): MailDecision {
  if (why === "stopped") return { kind: "stopped", reason: "Sending was stopped" };
  const reason = "the mails before it take long";
  return { kind: "later", reason, until: now + NO_TURN_MS };
}
