/**
 * The commands about mail, as commander sees them.
 *
 * @module
 */

import type { Command as Parser } from "commander";
import { UsageError } from "../errors/usage_error.ts";
import type { MailFormat, MailPreviewCommand, MailTestCommand } from "./command.ts";
import type { Common } from "./common.ts";
import { choiceOption, wordOption } from "./options.ts";

/** Takes a command without its common part, and the subcommand it comes from. */
export type FoundMail = (
  command: Omit<MailPreviewCommand, keyof Common> | Omit<MailTestCommand, keyof Common>,
  subcommand: Parser,
) => void;

const FORMATS: readonly MailFormat[] = ["html", "text", "subject"];

/** Adds `mail` with its subcommands. @param found Called once, while parsing. */
export function addMail(program: Parser, found: FoundMail): void {
  const mail = program.command("mail").description(
    "look at the mails that workers send, and send one as a test",
  );
  addPreview(mail, found);
  addTest(mail, found);
}

function addPreview(mail: Parser, found: FoundMail): void {
  const preview = mail.command("preview")
    .description("print a mail, or list the templates; needs no broker and no database")
    .argument("[template]", "the name of a template, such as password_reset")
    .addOption(wordOption("--language <code>", "such as de or pt-BR (default: the server's)"))
    .addOption(wordOption("--sample <name>", "the sample to show (default: the first)"))
    .addOption(wordOption("--json <context>", "the context, a JSON object, or @ and a file's path"))
    .addOption(choiceOption("--format <part>", "html, text or subject", FORMATS));
  preview.action((template: string | undefined) => {
    const { language, sample, json, format } = preview.opts();
    found({ mode: "mail", action: "preview", template, language, sample, json, format }, preview);
  });
}

function addTest(mail: Parser, found: FoundMail): void {
  const test = mail.command("test")
    .description(
      "send one mail through EMAIL_HOST, and print each step; needs no broker and no database",
    )
    .argument("<address>", "who gets the mail, such as ada@example.com")
    .addOption(wordOption("--template <name>", "send the sample of a template"))
    .addOption(
      wordOption("--language <code>", "with --template: such as de (default: the server's)"),
    );
  test.action((address: string) => {
    const { template, language } = test.opts();
    if (language !== undefined && template === undefined) {
      throw new UsageError("--language needs --template");
    }
    found({ mode: "mail", action: "test", address, template, language }, test);
  });
}
