/**
 * The template engine for one part of a mail. What a template can do is limited: it reads templates
 * only, has a limited time and memory, and sees no more of a value than what the value itself has.
 *
 * @module
 */

import { type FS, Liquid } from "liquidjs";
import type { Catalogues } from "./catalogues.ts";
import { type DateStyle, dayText, momentText } from "./dates.ts";
import { TemplateError } from "./template_error.ts";
import { type Ending, isTemplateName, type TemplateFiles } from "./template_files.ts";

/** Characters of a template with all that it includes. */
const PARSE_LIMIT = 1_000_000;
/** ms; a mail takes less than one. */
const RENDER_LIMIT_MS = 5_000;
/** Characters and elements of lists that a mail may make. */
const MEMORY_LIMIT = 20_000_000;

/** What templates and filters know beside the context: the object `mail`. */
export interface MailGlobals extends DateStyle {
  /** Which way the language is written. */
  readonly direction: "ltr" | "rtl";
  /** The subject of the mail; `""` while that itself is rendered. */
  readonly subject: string;
}

interface FilterThis {
  readonly context: { readonly globals: object };
}

/**
 * Makes the engine of one part. The HTML is escaped where a value is printed; `raw` is the only way
 * out. A file is read once.
 */
export function makeEngine(
  files: TemplateFiles,
  ending: Exclude<Ending, ".json">,
  catalogues: Catalogues,
): Liquid {
  const engine = new Liquid({
    fs: fileSystem(files, ending),
    root: [""],
    extname: ending,
    relativeReference: false,
    cache: true,
    strictVariables: true,
    lenientIf: true,
    strictFilters: true,
    ownPropertyOnly: true,
    // A line with nothing but a tag leaves no line.
    trimTagLeft: true,
    trimTagRight: true,
    greedy: false,
    parseLimit: PARSE_LIMIT,
    renderLimit: RENDER_LIMIT_MS,
    memoryLimit: MEMORY_LIMIT,
    ...(ending === ".html" ? { outputEscape: "escape" } : {}),
  });
  addFilters(engine, catalogues);
  return engine;
}

/** `t` is a text of the catalogue, `moment` a date with its time, `day` a date. */
function addFilters(engine: Liquid, catalogues: Catalogues): void {
  engine.registerFilter("t", function (this: FilterThis, key: unknown, ...args: unknown[]) {
    return catalogues.text(mailOf(this).language, String(key), named(args));
  });
  engine.registerFilter("moment", function (this: FilterThis, value: unknown) {
    return momentText(value, mailOf(this));
  });
  engine.registerFilter("day", function (this: FilterThis, value: unknown) {
    return dayText(value, mailOf(this));
  });
}

function mailOf({ context }: FilterThis): MailGlobals {
  return (context.globals as { readonly mail: MailGlobals }).mail;
}

/** The arguments that have names come as pairs. */
function named(args: readonly unknown[]): Record<string, unknown> {
  return Object.fromEntries(args.filter((arg) => Array.isArray(arg)) as [string, unknown][]);
}

/** The file system of the engine: a path is the name of a template, with nothing around it. */
function fileSystem(files: TemplateFiles, ending: Ending): FS {
  const existsSync = (name: string) => files.has(name, ending);
  const readFileSync = (name: string) => files.read(name, ending);
  return {
    resolve(_folder, name) {
      if (isTemplateName(name)) return name;
      throw new TemplateError(
        "a mail template names another by what is no name: a name has only a-z, 0-9, _ and /",
      );
    },
    existsSync,
    readFileSync,
    exists: (name) => Promise.resolve(existsSync(name)),
    readFile: (name) => Promise.resolve(readFileSync(name)),
  };
}
