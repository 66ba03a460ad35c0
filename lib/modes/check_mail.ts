/**
 * The check of mail by `check-config`: the templates, the files that settings name, the SMTP server.
 *
 * @module
 */

import type { Config } from "../config/config.ts";
import { MailSettingError, smtpSettings } from "../domain/mail/configured.ts";
import type { ConversationStep } from "../domain/mail/conversation.ts";
import { passwordInClear, type SmtpSettings } from "../domain/mail/smtp_settings.ts";
import { MailTemplates } from "../domain/mail/templates/mail_templates.ts";
import { TemplateError } from "../domain/mail/templates/template_error.ts";
import { MailTransport } from "../domain/mail/transport.ts";
import { visible } from "../errors/visible.ts";
import { fine, type Found, warning, wrong } from "../operations/doctor/finding.ts";
import { notUsed } from "./doctor/check_text.ts";
import { notSentSentence } from "./mail/not_sent.ts";

/**
 * Reads all templates. Where EMAIL_HOST is set, it connects to the server once, with TLS and the
 * login of the settings, and asks it for one answer; no mail is sent. The server has EMAIL_TIMEOUT
 * for each answer.
 *
 * @returns All that is wrong, or the server and how the connection is encrypted.
 */
export async function checkMail(config: Pick<Config, "mail" | "site">): Promise<Found[]> {
  const templates = templateProblems(config.mail.templatesDir).map((message) => wrong(message));
  const found = [...templates, ...await checkServer(config)];
  return found.map((one) => ({ ...one, message: visible(one.message) }));
}

/** What is wrong with the templates, a line each. */
function templateProblems(folder: string | undefined): string[] {
  if (folder === undefined) return []; // The program's own are tested.
  try {
    return new MailTemplates(folder).problems();
  } catch (error) {
    if (error instanceof TemplateError) return [error.message];
    throw error;
  }
}

async function checkServer(config: Pick<Config, "mail" | "site">): Promise<Found[]> {
  if (config.mail.host === undefined) return [notUsed("EMAIL_HOST is not set")];
  try {
    return await tryServer(smtpSettings(config));
  } catch (error) {
    if (error instanceof MailSettingError) return [wrong(error.message)];
    throw error;
  }
}

async function tryServer(settings: SmtpSettings): Promise<Found[]> {
  let encryption = "not encrypted";
  const onStep = ({ who, text }: ConversationStep) => {
    if (who === "connection" && text.startsWith("Encrypted")) encryption = text.replace(/^E/, "e");
  };
  const transport = new MailTransport(settings, onStep);
  try {
    const problem = await transport.verify(new AbortController().signal);
    if (problem) return [wrong(notSentSentence(problem))];
    const login = settings.user === undefined ? "without a login" : `logged in as ${settings.user}`;
    const inClear = passwordInClear(settings);
    const server = fine(`${transport.where}, ${login}, ${encryption}`);
    return inClear ? [server, warning(inClear)] : [server];
  } finally {
    await transport.close();
  }
}
