/**
 * A mail and a transport for the tests of mail.
 *
 * @module
 */

import { composeMail, type Mail, type MailParts } from "../../../lib/domain/mail/compose.ts";
import type { ConversationStep } from "../../../lib/domain/mail/conversation.ts";
import type { NotSent, SendResult } from "../../../lib/domain/mail/outcome.ts";
import type { SmtpSettings } from "../../../lib/domain/mail/smtp_settings.ts";
import { MailTransport } from "../../../lib/domain/mail/transport.ts";
import type { SmtpFixture } from "../../fixtures/smtp/smtp.ts";

/** Parts of a mail from no-reply of zulip.example to Ada. */
export const PARTS: MailParts = {
  realm: { name: "Analytical Engines", host: "engines.zulip.example" },
  from: { name: "Zulip", address: "noreply@zulip.example" },
  noReply: "noreply@zulip.example",
  to: [{ name: "Ada Lovelace", address: "ada@people.example" }],
  date: "Sun, 29 Nov 2026 22:30:00 +0100",
  subject: "One new message",
  text: "Read it: https://zulip.example/read/4711\n",
  html: '<p>Read it: <a href="https://zulip.example/read/4711">here</a></p>\n',
};

/** A mail of {@linkcode PARTS}, some of them others. */
export function aMail(parts: Partial<MailParts> = {}): Mail {
  return composeMail({ ...PARTS, ...parts });
}

/** A mail to these addresses. */
export function mailTo(...addresses: string[]): Mail {
  return aMail({ to: addresses.map((address) => ({ name: "", address })) });
}

/** How to reach the server of the tests, with STARTTLS. */
export function settingsFor(
  { ports, ca }: SmtpFixture,
  settings: Partial<SmtpSettings> = {},
): SmtpSettings {
  return {
    host: "127.0.0.1",
    port: ports.startTls,
    encryption: "starttls",
    timeoutSeconds: 20,
    ca,
    ...settings,
  };
}

/** A transport that closes itself at the end of its block, and whose conversation is kept. */
export class TransportUnderTest implements AsyncDisposable {
  /** The lines of all its conversations. */
  readonly steps: ConversationStep[] = [];
  readonly #transport: MailTransport;

  /** @param settings Those of {@linkcode settingsFor}. */
  constructor(settings: SmtpSettings) {
    this.#transport = new MailTransport(settings, (step) => this.steps.push(step));
  }

  /** Sends a mail, by default one to Ada. */
  async send(mail: Mail = aMail(), signal?: AbortSignal): Promise<SendResult> {
    return await this.#transport.send(mail, signal ?? new AbortController().signal);
  }

  /** See the transport. */
  async verify(): Promise<NotSent | undefined> {
    return await this.#transport.verify(new AbortController().signal);
  }

  /** See the transport. */
  async close(): Promise<void> {
    await this.#transport.close();
  }

  /** The whole conversation as text, such as `server: 250 OK`. */
  conversation(): string {
    return this.steps.map(({ who, text }) => `${who}: ${text}`).join("\n");
  }

  /** How many connections it has made. */
  connections(): number {
    return this.steps.filter(({ text }) => text.includes(" established to ")).length;
  }

  /** Closes it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#transport.close();
  }
}
