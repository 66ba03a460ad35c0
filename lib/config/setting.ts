/**
 * One setting of the configuration, and the kinds of values a setting can have.
 *
 * @module
 */

import { resolve } from "node:path";
import { z } from "zod";
import { alternatives } from "../errors/alternatives.ts";

/** The options of the command line that override the environment. */
export interface ConfigFlags {
  /** `--amqp_url` */
  readonly amqpUrl?: string | undefined;
  /** `--workers-dir` */
  readonly workersDir?: string | undefined;
  /** `--allow-unsafe-folder`: `true` */
  readonly allowUnsafeFolder?: string | undefined;
  /** `--log-format` */
  readonly logFormat?: string | undefined;
  /** `--log-level` */
  readonly logLevel?: string | undefined;
  /** `--zulip`: the folder of a Zulip server's configuration. It is below the environment. */
  readonly zulip?: string | undefined;
  /** `--http` */
  readonly http?: string | undefined;
}

/** The options' names as they are typed. */
export const FLAG_NAMES: Readonly<Record<keyof ConfigFlags, string>> = {
  amqpUrl: "--amqp_url",
  workersDir: "--workers-dir",
  allowUnsafeFolder: "--allow-unsafe-folder",
  logFormat: "--log-format",
  logLevel: "--log-level",
  zulip: "--zulip",
  http: "--http",
};

/** The documentation of a setting. */
export interface SettingInfo {
  /** The environment variable; `<QUEUE>` stands for a queue's name in upper case. */
  readonly name: string;
  /** The text that has the same effect as leaving it out; `undefined` where there is none. */
  readonly default: string | undefined;
  /** Its effect, with its unit, in a sentence. */
  readonly description: string;
  /**
   * The part that must never be shown: the `whole` value, or the `password` in its URL.
   * @default {undefined, it may be shown}
   */
  readonly secret?: "whole" | "password" | undefined;
}

/** How the text of a setting becomes a value. */
export interface Kind<T> {
  /** Reads the text. Its own error messages are not shown, as they may hold the text. */
  readonly schema: z.ZodType<T, string>;
  /** The values it accepts, as the end of a sentence "set it to …". */
  readonly expected: string;
}

/** A setting with the kind of its value. */
export interface Setting<T> extends SettingInfo, Kind<T> {
  /** The option of the command line that overrides the variable, if there is one. */
  readonly flag?: keyof ConfigFlags;
  /** Values that other programs put into the variable; they count as none. */
  readonly notOurs?: RegExp;
}

/** A whole number from `least` to `most`. */
export function wholeNumber(least: number, most: number): Kind<number> {
  return {
    schema: z.string().regex(/^[0-9]{1,15}$/).transform(Number)
      .pipe(z.int().min(least).max(most)),
    expected: `a whole number from ${least} to ${most}`,
  };
}

/** One of some words, in upper or lower case. */
export function oneOf<const Word extends string>(
  ...words: readonly [Word, ...Word[]]
): Kind<Word> {
  return {
    schema: z.string().toLowerCase().pipe(z.enum(words)),
    expected: alternatives(words),
  };
}

/** Yes or no. */
export function yesOrNo(): Kind<boolean> {
  return {
    schema: z.stringbool({
      truthy: ["true", "1", "yes"],
      falsy: ["false", "0", "no"],
    }),
    expected: "true or false (or 1, 0, yes, no)",
  };
}

/** Any text. @param what What it is, as in `the path of a folder`. */
export function text(what: string): Kind<string> {
  return { schema: z.string(), expected: what };
}

/**
 * The path of a file or folder, made absolute, as a worker may change the working folder.
 *
 * @param what What it is, as in `the path of a folder`.
 */
export function path(what: string): Kind<string> {
  return { schema: z.string().transform((path) => resolve(path)), expected: what };
}

/** Text that a function accepts. @param what What it is, as in `a host name`. */
export function textThat(
  accepts: (text: string) => boolean,
  what: string,
): Kind<string> {
  return { schema: z.string().refine(accepts), expected: what };
}

/** Whole numbers between commas, or nothing at all for none. */
export function wholeNumbers(least: number, most: number): Kind<number[]> {
  const one = wholeNumber(least, most);
  return {
    schema: z.string()
      .transform((text) => text === "" ? [] : text.split(",").map(trimmed))
      .pipe(z.array(one.schema)),
    expected:
      `whole numbers from ${least} to ${most} with commas between them, or to nothing for none`,
  };
}

/** A whole number within bounds, or the word `none`, which is `null`. */
export function wholeNumberOrNone(
  least: number,
  most: number,
): Kind<number | null> {
  const one = wholeNumber(least, most);
  return {
    schema: z.union([z.literal("none").transform(() => null), one.schema]),
    expected: `${one.expected}, or none`,
  };
}

function trimmed(text: string): string {
  return text.trim();
}
