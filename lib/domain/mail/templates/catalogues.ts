/**
 * The texts of mails by language. A catalogue is a file `locales/<language>.json`: keys, and for each
 * a text with `{names}`, or one text for each of the language's plural forms.
 *
 * @module
 */

import { z } from "zod";
import { TemplateError } from "./template_error.ts";
import type { TemplateFiles } from "./template_files.ts";

const CATALOGUE = z.record(z.string(), z.union([z.string(), z.record(z.string(), z.string())]));
type Catalogue = z.infer<typeof CATALOGUE>;

/** The language whose catalogue has every key. */
const FALLBACK = "en";
const FOLDER = "locales/";
/** The most codes of languages that are remembered: events may name any. */
const MOST_BASES = 1_000;
/** Characters of a language's code; those in use have at most 11. */
const LONGEST_CODE = 35;

/** The catalogues of the program with the operator's above them, key by key. */
export class Catalogues {
  readonly #files: TemplateFiles;
  /** The languages that there are, as the names of their files: `pt_br`. */
  readonly #languages: ReadonlySet<string>;
  readonly #catalogues = new Map<string, Catalogue>();
  /** The languages whose texts a mail in a language may have, for those that there have been. */
  readonly #bases = new Map<string, readonly string[]>();

  /** @param files Where the catalogues are; each is read once. */
  constructor(files: TemplateFiles) {
    this.#files = files;
    const locales = files.names(".json").filter((name) => name.startsWith(FOLDER));
    this.#languages = new Set(locales.map((name) => name.slice(FOLDER.length)));
  }

  /**
   * The language that a template is written in: the wanted one, with its region, if its catalogue or
   * that of its base has a text of the template; else `en`.
   *
   * @param wanted A code as Zulip or a browser writes it: `de`, `de-AT`, `pt_BR`, `zh-hans`.
   * @returns A BCP 47 tag.
   */
  languageOf(template: string, wanted: string): string {
    const isWritten = this.#basesOf(wanted).some((base) =>
      Object.keys(this.#read(base)).some((key) => key.startsWith(`${template}.`))
    );
    return isWritten ? canonical(wanted) ?? FALLBACK : FALLBACK;
  }

  /**
   * The text of a key in the first language that has it: the wanted one, its base, English.
   *
   * @param args The values of its `{names}`; `count` chooses the plural form.
   * @throws {TemplateError} When no catalogue has the key, or a value is missing.
   */
  text(wanted: string, key: string, args: Readonly<Record<string, unknown>>): string {
    for (const language of [...this.#basesOf(wanted), FALLBACK]) {
      const entry = this.#read(language)[key];
      if (entry === undefined) continue;
      return filled(formOf(entry, language, args["count"], key), key, { args, language: wanted });
    }
    throw new TemplateError(`no catalogue of mails has the text ${key}: add it to locales/en.json`);
  }

  /** Reads all that there are. @throws {TemplateError} When one is not valid. */
  readAll(): void {
    for (const language of this.#languages) this.#read(language);
  }

  /** Those of `de_at` and `de`, for `de-AT`, that there are. */
  #basesOf(language: string): readonly string[] {
    let bases = this.#bases.get(language);
    if (!bases) {
      bases = this.#findBases(language);
      const isShort = language.length <= LONGEST_CODE;
      if (isShort && this.#bases.size < MOST_BASES) this.#bases.set(language, bases);
    }
    return bases;
  }

  #findBases(language: string): string[] {
    if (canonical(language) === undefined) return [];
    const parts = language.toLowerCase().split(/[-_]/);
    const bases = parts.map((_, index) => parts.slice(0, parts.length - index).join("_"));
    return bases.filter((base) => this.#languages.has(base));
  }

  #read(language: string): Catalogue {
    let catalogue = this.#catalogues.get(language);
    if (!catalogue) {
      const texts = this.#files.readAll(`${FOLDER}${language}`, ".json");
      catalogue = Object.assign({}, ...texts.map((text) => parse(text, language))) as Catalogue;
      this.#catalogues.set(language, catalogue);
    }
    return catalogue;
  }
}

function parse(text: string, language: string): Catalogue {
  try {
    return CATALOGUE.parse(JSON.parse(text));
  } catch (error) {
    throw new TemplateError(
      `locales/${language}.json is no catalogue of mails: it must be an object of texts, or of ` +
        `texts by plural form`,
      { cause: error },
    );
  }
}

function canonical(language: string): string | undefined {
  if (language.length > LONGEST_CODE) return undefined;
  try {
    return Intl.getCanonicalLocales(language.replaceAll("_", "-"))[0];
  } catch {
    return undefined;
  }
}

function formOf(
  entry: Catalogue[string],
  language: string,
  count: unknown,
  key: string,
): string {
  if (typeof entry === "string") return entry;
  if (!isNumber(count)) throw new TemplateError(`the text ${key} of mails needs a count`);
  const rules = new Intl.PluralRules(language.replaceAll("_", "-"));
  const text = entry[rules.select(Number(count))] ?? entry["other"];
  if (text === undefined) {
    throw new TemplateError(`the text ${key} in locales/${language}.json has no form "other"`);
  }
  return text;
}

function filled(
  text: string,
  key: string,
  { args, language }: { args: Readonly<Record<string, unknown>>; language: string },
): string {
  return text.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = args[name];
    if (value === undefined || value === null) {
      throw new TemplateError(`the text ${key} of mails needs a value for {${name}}`);
    }
    return isNumber(value) ? value.toLocaleString(canonical(language) ?? FALLBACK) : String(value);
  });
}

function isNumber(value: unknown): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}
