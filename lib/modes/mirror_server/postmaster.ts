/**
 * Forwards mail to postmaster, whole, as the attachment of a mail.
 *
 * @module
 */

import PostalMime from "postal-mime";
import { composeMail, type Mail } from "../../domain/mail/compose.ts";
import { writeDate } from "../../domain/mail/date.ts";
import type { RecipientResult, SendResult } from "../../domain/mail/outcome.ts";
import type { LogLine } from "../log_line.ts";
import { headerText } from "./mail_rules.ts";
import { REPLY, type Reply } from "./replies.ts";

/** How long sending may take, in ms: SMTP servers check a whole mail before they answer. */
const SEND_MS = 90_000;
/** The header by which a mail that comes back is known. */
const LOOP = "X-Loop";

/** Whom mail to postmaster goes to, and who sends it. */
export interface PostmasterSetup {
  /** The address it is forwarded to. */
  readonly to: string;
  /** NOREPLY_EMAIL_ADDRESS. */
  readonly noReply: string;
  /** What the server calls itself. */
  readonly name: string;
  /** Such as `Europe/Berlin`. */
  readonly timeZone: string;
}

/** What a {@linkcode Postmaster} works with. */
export interface PostmasterOptions extends PostmasterSetup {
  /** Sends a mail. */
  readonly send: (mail: Mail, signal: AbortSignal) => Promise<SendResult>;
  readonly log: LogLine;
}

/** Forwards mails. */
export class Postmaster {
  readonly #options: PostmasterOptions;

  /** @param options What it works with. */
  constructor(options: PostmasterOptions) {
    this.#options = options;
  }

  /**
   * Forwards a mail. It is accepted only when the SMTP server has taken it. Where nobody knows
   * whether it has, the client sends it again, and it may come twice.
   *
   * @returns The answer to the client.
   */
  async forward(mail: Uint8Array): Promise<Reply> {
    const { send, log } = this.#options;
    if (isForwarded(mail, this.#options.name)) return REPLY.loop;
    const result = await send(
      await forwarded(mail, this.#options, Date.now()),
      AbortSignal.timeout(SEND_MS),
    );
    const reason = failureOf(result);
    if (reason === undefined) return REPLY.accepted;
    const message =
      "Mail to postmaster was not forwarded to MIRROR_POSTMASTER: the client sends it " +
      "again: {reason}";
    log("error", message, { reason });
    return REPLY.noPostmaster;
  }
}

/**
 * The mail that has another one as its attachment. Its subject is Zulip's.
 *
 * @param now ms since 1970.
 */
export async function forwarded(
  mail: Uint8Array,
  { to, noReply, name, timeZone }: PostmasterSetup,
  now: number,
): Promise<Mail> {
  const text = `${name} has received the attached mail, which is addressed to its postmaster.`;
  const composed = composeMail({
    from: { name: "Zulip", address: noReply },
    noReply,
    to: [{ name: "", address: to }],
    date: writeDate(now, timeZone),
    subject: `Mail to postmaster: ${await subjectOf(mail)}`,
    text: `${text}\n`,
    html: `<!DOCTYPE html>\n<html lang="en"><body><p>${text}</p></body></html>\n`,
    language: "en",
  });
  const headers = { ...composed.headers, "Auto-Submitted": "auto-generated", [LOOP]: name };
  return { ...composed, headers, attached: mail };
}

/** Whether a server of this name has forwarded the mail. */
export function isForwarded(mail: Uint8Array, name: string): boolean {
  return headerText(mail).split(/\r?\n/).some((line) =>
    line.toLowerCase() === `${LOOP}: ${name}`.toLowerCase()
  );
}

async function subjectOf(mail: Uint8Array): Promise<string> {
  const header = Uint8Array.from(headerText(mail), (byte) => byte.charCodeAt(0));
  try {
    return (await PostalMime.parse(header)).subject ?? "";
  } catch {
    return "";
  }
}

/** Why a mail was not sent; `undefined` when it was. */
function failureOf(result: SendResult): string | undefined {
  if (result.kind !== "answered") return result.reason;
  const refused = result.recipients.find(isRefused);
  return refused && `the SMTP server refused it (${`${refused.code} ${refused.words}`.trim()})`;
}

function isRefused(
  result: RecipientResult,
): result is Extract<RecipientResult, { readonly kind: "refused" }> {
  return result.kind === "refused";
}
