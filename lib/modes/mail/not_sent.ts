/**
 * What to do about a mail that was not sent.
 *
 * @module
 */

import type { NotSent } from "../../domain/mail/outcome.ts";

const NETWORK_ADVICE =
  "check EMAIL_HOST and EMAIL_PORT, that the server runs, and that firewalls " +
  "let this machine reach it";

/** The reason as a sentence, with what to do. */
export function notSentSentence({ cause, reason }: Pick<NotSent, "cause" | "reason">): string {
  return cause === "network" ? `${reason}: ${NETWORK_ADVICE}` : reason;
}
