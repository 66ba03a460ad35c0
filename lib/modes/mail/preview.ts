/**
 * `process-queue mail preview`: prints a mail as it would be sent, or lists the templates.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import type { MailPreviewCommand } from "../../command_line/command.ts";
import type { Config } from "../../config/config.ts";
import {
  type MailContext,
  MailTemplates,
  type RenderedMail,
} from "../../domain/mail/templates/mail_templates.ts";
import { withSharedKeys } from "../../domain/mail/templates/shared_keys.ts";
import { TemplateError } from "../../domain/mail/templates/template_error.ts";
import { UsageError } from "../../errors/usage_error.ts";
import { parseJson } from "../../json/parse_json.ts";
import type { Services } from "../services.ts";

/**
 * Prints a mail, with the settings of this server where every mail has them. Without a template it
 * lists all, each with a line about it.
 *
 * @returns The exit code 0.
 * @throws {UsageError} For a template or sample that does not exist, or a context that is no object.
 * @throws {TemplateError} When the context lacks a key, or a template of the operator's fails.
 */
export function runPreview(
  command: MailPreviewCommand,
  { mail, site }: Pick<Config, "mail" | "site">,
  services: Pick<Services, "print" | "warn">,
): number {
  const templates = new MailTemplates(mail.templatesDir);
  const { template, language = site.language } = command;
  if (template === undefined) {
    for (const line of list(templates)) services.print(line);
    return 0;
  }
  const context = {
    timezone: site.timeZone,
    ...withSharedKeys(contextOf(template, command, templates), site),
  };
  const rendered = templates.render(template, language, context);
  if (!isLanguage(rendered.language, language)) {
    services.warn(`${template} has no text in ${language}: it is in English`);
  }
  services.print(partOf(rendered, command));
  return 0;
}

/** Whether a mail is in the language, or a region's kind of it. */
function isLanguage(written: string, wanted: string): boolean {
  const base = (language: string) => language.toLowerCase().split(/[-_]/)[0];
  return base(written) === base(wanted);
}

function list(templates: MailTemplates): string[] {
  const names = templates.names();
  const width = Math.max(...names.map((name) => name.length));
  return names.map((name) => `${name.padEnd(width)}  ${about(name, templates)}`.trimEnd());
}

function about(name: string, templates: MailTemplates): string {
  return templates.declaration(name).about;
}

function contextOf(
  template: string,
  { json, sample }: MailPreviewCommand,
  templates: MailTemplates,
): MailContext {
  if (json !== undefined && sample !== undefined) {
    throw new UsageError("--json and --sample cannot be combined: give one of them");
  }
  try {
    const context = templates.sample(template, sample);
    return json === undefined ? context : parseContext(json);
  } catch (error) {
    throw error instanceof TemplateError ? new UsageError(error.message, { cause: error }) : error;
  }
}

function parseContext(json: string): MailContext {
  const [text, place] = json.startsWith("@")
    ? [readText(json.slice(1)), json.slice(1)]
    : [json, "--json"];
  const context = parsed(text, place);
  if (typeof context === "object" && context !== null && !Array.isArray(context)) {
    return context as MailContext;
  }
  throw new UsageError(`the context in ${place} is not a JSON object: write {"key": "value"}`);
}

function parsed(text: string, place: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    throw new UsageError(`the context in ${place} is not JSON: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UsageError(`the context cannot be read from ${path}: ${code ?? message}`, {
      cause: error,
    });
  }
}

function partOf(
  { subject, text, html }: RenderedMail,
  { format }: Pick<MailPreviewCommand, "format">,
): string {
  switch (format) {
    case "html":
      return html.trimEnd();
    case "text":
      return text.trimEnd();
    case "subject":
      return subject;
    default:
      return `Subject: ${subject}\n\n${text.trimEnd()}`;
  }
}
