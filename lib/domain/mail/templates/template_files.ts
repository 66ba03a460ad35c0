/**
 * The files of mail templates: those that come with the program, and the operator's, each of which
 * takes the place of one of them.
 *
 * @module
 */

import { globSync, readFileSync, realpathSync, statSync } from "node:fs";
import { join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { programFile } from "../../../system/program_files.ts";
import { TemplateError } from "./template_error.ts";

/** The folder of the templates that come with the program. */
const EMBEDDED = fileURLToPath(programFile("lib/domain/mail/templates/files/"));
const NAME = /^[a-z0-9_]+(\/[a-z0-9_]+)*$/;

/** The ending of a file: its part of the mail, or what belongs to all parts. */
export type Ending = ".subject.txt" | ".txt" | ".html" | ".json";

/** Whether a text can be the name of a template, layout or part. */
export function isTemplateName(text: string): boolean {
  return NAME.test(text);
}

/** Finds and reads files by the name of a template; no name leads out of the folders. */
export class TemplateFiles {
  readonly #folder: string | undefined;

  /**
   * @param folder The operator's folder, an absolute path; `undefined`: none.
   * @throws {TemplateError} When it is not a folder that can be read.
   */
  constructor(folder?: string) {
    this.#folder = folder === undefined ? undefined : realFolder(folder);
  }

  /** Whether one of the folders has the file. */
  has(name: string, ending: Ending): boolean {
    return this.#find(name, ending) !== undefined;
  }

  /**
   * Reads a file: the operator's if there is one, else the program's.
   *
   * @throws {TemplateError} When there is none, it cannot be read, or it is a link that leads out of
   * the operator's folder.
   */
  read(name: string, ending: Ending): string {
    const path = this.#find(name, ending);
    if (path === undefined) throw new TemplateError(`there is no mail template ${name}${ending}`);
    return readText(path);
  }

  /** The same file in both folders, the program's first. */
  readAll(name: string, ending: Ending): string[] {
    const own = this.#own(name, ending);
    const embedded = embeddedFile(name, ending);
    return [embedded, own].filter((path) => path !== undefined).map(readText);
  }

  /** The names of all files with an ending, sorted. @param ending Such as `.html`. */
  names(ending: Ending): string[] {
    const folders = this.#folder === undefined ? [EMBEDDED] : [EMBEDDED, this.#folder];
    const found = folders.flatMap((cwd) => globSync(`**/*${ending}`, { cwd }));
    const names = found.map((path) => path.replaceAll(sep, "/").slice(0, -ending.length));
    return [...new Set(names.filter(isTemplateName))].sort();
  }

  #find(name: string, ending: Ending): string | undefined {
    return isTemplateName(name) ? this.#own(name, ending) ?? embeddedFile(name, ending) : undefined;
  }

  #own(name: string, ending: Ending): string | undefined {
    if (this.#folder === undefined) return undefined;
    const path = fileIn(this.#folder, name, ending);
    if (path === undefined) return undefined;
    if (realpathSync(path).startsWith(this.#folder + sep)) return path;
    throw new TemplateError(
      `${path} is a link out of the folder of TEMPLATES_DIR: put the file itself there`,
    );
  }
}

function embeddedFile(name: string, ending: Ending): string | undefined {
  return fileIn(EMBEDDED, name, ending);
}

function fileIn(folder: string, name: string, ending: Ending): string | undefined {
  const path = join(folder, `${name}${ending}`);
  return statSync(path, { throwIfNoEntry: false })?.isFile() ? path : undefined;
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new TemplateError(`${path} cannot be read: ${codeOf(error)}`, { cause: error });
  }
}

function realFolder(folder: string): string {
  try {
    if (statSync(folder).isDirectory()) return realpathSync(folder);
  } catch (error) {
    throw new TemplateError(
      `the folder of TEMPLATES_DIR, ${folder}, cannot be read: ${codeOf(error)}`,
      { cause: error },
    );
  }
  throw new TemplateError(`TEMPLATES_DIR is ${folder}, which is not a folder`);
}

function codeOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
}
