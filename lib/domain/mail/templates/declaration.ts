/**
 * What a template says about itself, in `<name>.json`: the keys of its context, and samples.
 *
 * @module
 */

import { z } from "zod";
import { TemplateError } from "./template_error.ts";

const SCHEMA = z.strictObject({
  about: z.string().default(""),
  common: z.boolean().default(false),
  required: z.array(z.string()).default([]),
  optional: z.array(z.string()).default([]),
  samples: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
});

/** The keys that a template's context has, and samples of it. */
export interface Declaration {
  /** When the mail is sent, in one line. */
  readonly about: string;
  /** Whether Zulip adds what is known of the user and the realm (its `common_context`). */
  readonly common: boolean;
  /** The keys that are printed in every mail. */
  readonly required: readonly string[];
  /** The keys that choose what is printed, or are printed in some mails only. */
  readonly optional: readonly string[];
  /** Contexts by name, each of one kind of the mail; the first is the usual one. */
  readonly samples: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** The declaration of a template that has none: no key is required. */
export const NO_DECLARATION: Declaration = SCHEMA.parse({});

/**
 * Reads the declaration of a template.
 *
 * @throws {TemplateError} When it is not valid.
 */
export function parseDeclaration(name: string, text: string): Declaration {
  try {
    return SCHEMA.parse(JSON.parse(text));
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    throw new TemplateError(`${name}.json does not declare a mail template: ${reason}`, {
      cause: error,
    });
  }
}

/** The values that samples share. */
const COMMON = z.strictObject({
  every_mail: z.record(z.string(), z.unknown()),
  common_context: z.record(z.string(), z.unknown()),
});

/**
 * The context of a sample, with what it shares with others.
 *
 * @param chosen The name of the sample; `undefined`: the shared values alone.
 * @param common The text of the file of shared values.
 */
export function sampleContext(
  { samples, common: hasCommon }: Declaration,
  chosen: string | undefined,
  common: string,
): Readonly<Record<string, unknown>> {
  const { every_mail, common_context } = COMMON.parse(JSON.parse(common));
  return {
    ...hasCommon ? common_context : {},
    ...chosen === undefined ? {} : samples[chosen],
    ...every_mail,
  };
}
