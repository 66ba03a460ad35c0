/**
 * Which mails programs have written to each other: answering them would go on for ever. Pure.
 *
 * @module
 */

import type { IncomingMail } from "./incoming_mail.ts";

/** What is asked about a mail. */
export interface LoopOptions {
  /** Whether it answers a mail about messages; to a channel, programs may write. */
  readonly isAnswer: boolean;
  /** The hosts of this server, without ports, which are in `List-Id` of its mails. */
  readonly ownHosts: readonly string[];
}

/**
 * What kind of mail it is that becomes no message, such as `auto-replied`; `undefined` for others.
 * Of these are: mails that could not be delivered, answers of programs, and this server's own mails.
 * What programs send of themselves is refused as an answer only.
 */
export function loopKind(
  mail: IncomingMail,
  { isAnswer, ownHosts }: LoopOptions,
): string | undefined {
  const first = (name: string) => mail.headers(name)[0]?.trim().toLowerCase() ?? "";
  if (/^<\s*>$/.test(first("return-path"))) return "bounced";
  const [submitted = ""] = first("auto-submitted").split(/[\s;(]/);
  if (submitted === "auto-replied" || first("precedence") === "auto_reply") return "auto-replied";
  const listed = /<([^<>]*)>\s*$/.exec(first("list-id"))?.[1] ?? first("list-id");
  if (ownHosts.some((host) => host.toLowerCase() === listed)) return "own";
  return isAnswer && submitted !== "" && submitted !== "no" ? submitted : undefined;
}
