/**
 * `process-queue mail test`: sends one mail as the workers do, and prints what the SMTP server says.
 *
 * @module
 */

import type { MailTestCommand } from "../../command_line/command.ts";
import type { Config } from "../../config/config.ts";
import { composeMail, type Mail } from "../../domain/mail/compose.ts";
import { mailIdentity, smtpSettings } from "../../domain/mail/configured.ts";
import { checkMailbox, type Mailbox } from "../../domain/mail/address.ts";
import type { ConversationStep } from "../../domain/mail/conversation.ts";
import { mailDate } from "../../domain/mail/date.ts";
import { MailError } from "../../domain/mail/mail_error.ts";
import type { RecipientResult, SendResult } from "../../domain/mail/outcome.ts";
import type { MailIdentity } from "../../domain/mail/prepare.ts";
import { passwordInClear, type SmtpSettings } from "../../domain/mail/smtp_settings.ts";
import { MailTemplates } from "../../domain/mail/templates/mail_templates.ts";
import { withSharedKeys } from "../../domain/mail/templates/shared_keys.ts";
import { TemplateError } from "../../domain/mail/templates/template_error.ts";
import { MailTransport } from "../../domain/mail/transport.ts";
import { UsageError } from "../../errors/usage_error.ts";
import { visible } from "../../errors/visible.ts";
import { EXIT } from "../../system/signals.ts";
import type { Services } from "../services.ts";
import { notSentSentence } from "./not_sent.ts";

type Settings = Pick<Config, "mail" | "site">;
type Words = Pick<Mail, "subject" | "text" | "html"> & { readonly language: string };

const ENCRYPTIONS: Readonly<Record<SmtpSettings["encryption"], string>> = {
  none: "without encryption",
  starttls: "with STARTTLS (EMAIL_USE_TLS)",
  tls: "with TLS from the first byte (EMAIL_USE_SSL)",
};

/**
 * Sends one mail to an address, and prints each step of the conversation as it happens, without
 * passwords and recipients; then one sentence: accepted, refused, or what to correct.
 *
 * @returns The exit code: 0 when the server accepted the mail, else 1.
 * @throws {MailSettingError} When EMAIL_HOST is not set, or a file that a setting names cannot be
 * used.
 * @throws {UsageError} When the address is not valid, or there is no such template.
 * @throws {TemplateError} When a template of the operator's fails.
 */
export async function runMailTest(
  command: Pick<MailTestCommand, "address" | "template" | "language">,
  config: Settings,
  services: Pick<Services, "print">,
): Promise<number> {
  const print = (line: string) => services.print(visible(line));
  const to = recipientOf(command.address);
  const settings = smtpSettings(config);
  const mail = testMail(to, wordsOf(command, config), mailIdentity(config));
  const { isAccepted, sentence } = await send(mail, settings, print);
  print(sentence);
  return isAccepted ? EXIT.stopped : EXIT.failed;
}

/** Sends the mail and ends the connection. @param print Gets each line of the conversation. */
async function send(
  mail: Mail,
  settings: SmtpSettings,
  print: (line: string) => void,
): Promise<Conclusion> {
  let answer = "";
  const onStep = ({ who, text }: ConversationStep) => {
    for (const line of text.split(/\r?\n/)) print(`${who}: ${line}`);
    if (who === "server") answer = text;
  };
  const transport = new MailTransport(settings, onStep);
  const { where } = transport;
  const warning = passwordInClear(settings);
  if (warning) print(`warning: ${warning}`);
  print(`connection: Connecting to ${where}, ${ENCRYPTIONS[settings.encryption]}`);
  try {
    const result = await transport.send(mail, new AbortController().signal);
    return conclusion(result, where, answer);
  } finally {
    await transport.close();
  }
}

function recipientOf(address: string): Mailbox {
  try {
    return checkMailbox({ name: "", address }, address);
  } catch (error) {
    throw error instanceof MailError ? new UsageError(error.message, { cause: error }) : error;
  }
}

function testMail(to: Mailbox, words: Words, { noReply, timeZone }: MailIdentity): Mail {
  return composeMail({
    from: { name: "Zulip", address: noReply },
    noReply,
    to: [to],
    date: mailDate(undefined, Date.now(), timeZone),
    ...words,
  });
}

function wordsOf(
  { template, language }: Pick<MailTestCommand, "template" | "language">,
  { mail, site }: Settings,
): Words {
  if (template === undefined) return ownWords(site.externalHost);
  const templates = new MailTemplates(mail.templatesDir);
  const context = { timezone: site.timeZone, ...withSharedKeys(sample(templates, template), site) };
  const rendered = templates.render(template, language ?? site.language, context);
  return { ...rendered, subject: `Test: ${rendered.subject}` };
}

function sample(templates: MailTemplates, template: string) {
  try {
    return templates.sample(template);
  } catch (error) {
    throw error instanceof TemplateError ? new UsageError(error.message, { cause: error }) : error;
  }
}

function ownWords(host: string): Words {
  const text =
    `This is a test of the mails of ${host}. It was sent by "process-queue mail test": ` +
    "the SMTP server takes mails from there. You need not do anything.";
  return {
    subject: `Test mail from ${host}`,
    text: `${text}\n`,
    html: `<!DOCTYPE html>\n<html lang="en"><body><p>${text}</p></body></html>\n`,
    language: "en",
  };
}

/** What became of the test mail. */
export interface Conclusion {
  readonly isAccepted: boolean;
  /** What happened, and for a failure what to do. */
  readonly sentence: string;
}

/**
 * What the result of sending to one recipient means.
 *
 * @param where The server: `host:port`.
 * @param answer What the server said last, with its code.
 */
export function conclusion(result: SendResult, where: string, answer: string): Conclusion {
  const failed = (sentence: string) => ({ isAccepted: false, sentence });
  switch (result.kind) {
    case "answered":
      return result.recipients.every(({ kind }) => kind === "accepted")
        ? {
          isAccepted: true,
          sentence: `${where} accepted the mail: ${answer.replace(/\s+/g, " ")}`,
        }
        : failed(refusal(result.recipients, where));
    case "not-sent":
      return failed(notSentSentence(result));
    case "unknown":
      return failed(
        `${result.reason}: the mail may be sent or not; look into the recipient's mailbox and the ` +
          "server's log",
      );
  }
}

function refusal(recipients: readonly RecipientResult[], where: string): string {
  const refused = recipients.find((each) => each.kind === "refused");
  if (!refused) return `${where} refused the mail`;
  const { code, words, isOfMail, isForGood } = refused;
  const what = isOfMail ? "mail" : "recipient";
  const advice = !isForGood
    ? "it may take it later, and the workers would try again"
    : isOfMail
    ? "its log says more; the sender is NOREPLY_EMAIL_ADDRESS"
    : "try another address, or let the server send to other hosts (relay) for this machine or " +
      "EMAIL_HOST_USER";
  return `${where} refused the ${what} (${`${code} ${words}`.trim()}): ${advice}`;
}
