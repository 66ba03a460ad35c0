/**
 * The mails: found by their names, filled with the context of an event.
 *
 * @module
 */

import type { Liquid } from "liquidjs";
import { didYouMean } from "../../../errors/spelling.ts";
import { Catalogues } from "./catalogues.ts";
import {
  type Declaration,
  NO_DECLARATION,
  parseDeclaration,
  sampleContext,
} from "./declaration.ts";
import { type MailGlobals, makeEngine } from "./engine.ts";
import { explained } from "./explain.ts";
import { TemplateError } from "./template_error.ts";
import { TemplateFiles } from "./template_files.ts";

/** A mail in words. */
export interface RenderedMail {
  /** One line. */
  readonly subject: string;
  /** Plain text, with a newline at its end. */
  readonly text: string;
  /** A whole page. */
  readonly html: string;
  /** The language that it is written in, a BCP 47 tag; another one than was asked for, perhaps. */
  readonly language: string;
}

/** The context of a mail. */
export type MailContext = Readonly<Record<string, unknown>>;

/** Zulip's prefix of the names. */
const PREFIX = /^zerver\/emails\//;
/** The file with the values that samples share. */
const COMMON = "common";
const RIGHT_TO_LEFT = new Set(["ar", "fa", "he", "ur", "ckb", "ps", "yi"]);
const ENDINGS = [".subject.txt", ".txt", ".html"] as const;

/** The templates of the program and of the operator. Files are read when they are first needed. */
export class MailTemplates {
  readonly #files: TemplateFiles;
  readonly #catalogues: Catalogues;
  readonly #engines: Readonly<Record<typeof ENDINGS[number], Liquid>>;
  /** By name; those that were asked for. */
  readonly #declarations = new Map<string, Declaration>();

  /**
   * @param folder The operator's folder (`TEMPLATES_DIR`), an absolute path; `undefined`: none.
   * @throws {TemplateError} When it cannot be read.
   */
  constructor(folder?: string) {
    const files = new TemplateFiles(folder);
    const catalogues = new Catalogues(files);
    this.#files = files;
    this.#catalogues = catalogues;
    this.#engines = {
      ".subject.txt": makeEngine(files, ".subject.txt", catalogues),
      ".txt": makeEngine(files, ".txt", catalogues),
      ".html": makeEngine(files, ".html", catalogues),
    };
  }

  /** The names of all templates, sorted. A template has a subject; layouts and parts have none. */
  names(): string[] {
    return this.#files.names(".subject.txt");
  }

  /**
   * What a template says about itself.
   *
   * @param name With or without Zulip's prefix `zerver/emails/`.
   * @throws {TemplateError} When there is no such template.
   */
  declaration(name: string): Declaration {
    const found = unprefixed(name);
    let declaration = this.#declarations.get(found);
    if (!declaration) {
      this.#requireFiles(found, name);
      declaration = this.#files.has(found, ".json")
        ? parseDeclaration(found, this.#files.read(found, ".json"))
        : NO_DECLARATION;
      this.#declarations.set(found, declaration);
    }
    return declaration;
  }

  /**
   * A context for trying a template.
   *
   * @param sample The name of a sample. @default {the template's first}
   * @throws {TemplateError} When there is no such template or sample.
   */
  sample(name: string, sample?: string): MailContext {
    const declaration = this.declaration(name);
    const known = Object.keys(declaration.samples);
    if (sample !== undefined && !known.includes(sample)) {
      throw new TemplateError(
        `the mail template ${name} has no sample ${sample}\nsamples: ${known.join(", ") || "none"}`,
      );
    }
    return sampleContext(declaration, sample ?? known[0], this.#files.read(COMMON, ".json"));
  }

  /**
   * Makes a mail. It depends on its arguments and on the files of the templates alone.
   *
   * @param name With or without Zulip's prefix `zerver/emails/`.
   * @param language A code as Zulip or a browser writes it; what has no text in it is in English.
   * @param context The keys of the event, and those of `withSharedKeys`. Dates are printed for its
   * `timezone` and `twenty_four_hour_time`, if it has them.
   * @throws {TemplateError} When there is no such template, a key is missing, or the template fails.
   */
  render(name: string, language: string, context: MailContext): RenderedMail {
    const found = unprefixed(name);
    requireKeys(found, this.declaration(name).required, context);
    const mail = globals(this.#catalogues.languageOf(found, language), context);
    const part = (ending: typeof ENDINGS[number], subject: string): string => {
      try {
        const options = { globals: { mail: { ...mail, subject } } };
        return this.#engines[ending].renderFileSync(found, context, options);
      } catch (error) {
        throw explained(found, `${found}${ending}`, error);
      }
    };
    const subject = part(".subject.txt", "").replaceAll(/[\r\n\u2028\u2029]/g, "").trim();
    return {
      subject,
      text: `${part(".txt", subject).replaceAll(/\n{3,}/g, "\n\n").trim()}\n`,
      html: part(".html", subject),
      language: mail.language,
    };
  }

  /**
   * A text of the catalogue that an event carries, because its template only prints it.
   *
   * @param language As for {@linkcode render}.
   * @param args The values of its `{names}`; `count` chooses the plural form.
   * @throws {TemplateError} When no catalogue has the key, or a value is missing.
   */
  text(language: string, key: string, args: Readonly<Record<string, unknown>>): string {
    return this.#catalogues.text(language, key, args);
  }

  /**
   * What is wrong with the files, a line each: a template that lacks a file, a declaration, catalogue
   * or template that cannot be read.
   */
  problems(): string[] {
    const parts = ENDINGS.flatMap((ending) =>
      this.#files.names(ending).map((name) => () => this.#parse(name, ending))
    );
    const declarations = this.names().map((name) => () => void this.declaration(name));
    const problems = [...declarations, () => this.#catalogues.readAll(), ...parts].flatMap(
      problemOf,
    );
    return [...new Set(problems)];
  }

  #parse(name: string, ending: typeof ENDINGS[number]): void {
    try {
      this.#engines[ending].parse(this.#files.read(name, ending));
    } catch (error) {
      throw explained(name, `${name}${ending}`, error);
    }
  }

  #requireFiles(found: string, asked: string): void {
    const missing = ENDINGS.filter((ending) => !this.#files.has(found, ending));
    if (missing.length === 0) return;
    if (missing.length < ENDINGS.length) {
      throw new TemplateError(`the mail template ${found} lacks its file ${found}${missing[0]}`);
    }
    const names = this.names();
    const known = `templates: ${names.join(", ")}`;
    throw new TemplateError(
      `there is no mail template ${asked}${didYouMean(found, names)}\n${known}`,
    );
  }
}

function unprefixed(name: string): string {
  return name.replace(PREFIX, "");
}

function requireKeys(name: string, keys: readonly string[], context: MailContext): void {
  const missing = keys.filter((key) => context[key] === undefined || context[key] === null);
  if (missing.length === 0) return;
  throw new TemplateError(
    `the mail template ${name} needs ${missing.join(", ")} in its context: add ${
      missing.length === 1 ? "this key" : "these keys"
    } to the event`,
  );
}

function globals(language: string, context: MailContext): Omit<MailGlobals, "subject"> {
  const { timezone, twenty_four_hour_time: hours } = context;
  return {
    language,
    direction: RIGHT_TO_LEFT.has(language.split("-")[0] ?? "") ? "rtl" : "ltr",
    timezone: typeof timezone === "string" ? timezone : undefined,
    hasTwentyFourHours: typeof hours === "boolean" ? hours : undefined,
  };
}

/** The message of what a check throws. */
function problemOf(check: () => void): string[] {
  try {
    check();
    return [];
  } catch (error) {
    if (error instanceof TemplateError) return [error.message];
    throw error;
  }
}
