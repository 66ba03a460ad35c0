/**
 * The errors of the template engine, said to the operator.
 *
 * @module
 */

import { LiquidError } from "liquidjs";
import { TemplateError } from "./template_error.ts";

/**
 * Says what is wrong with a template or its context. Its line is named; values of the context are
 * not, and the engine's own extract of the template is left out.
 *
 * @param file The file of the template that was being rendered. The error may be in what it includes.
 */
export function explained(template: string, file: string, error: unknown): TemplateError {
  if (error instanceof TemplateError) return error;
  const original = LiquidError.is(error) ? error.originalError : error;
  const options = { cause: error };
  if (original instanceof TemplateError) {
    return new TemplateError(`${original.message} (used by ${file})`, options);
  }
  const { variableName: key } = Object(original) as { readonly variableName?: string };
  if (key !== undefined) {
    return new TemplateError(
      `the mail template ${template} needs ${key} in its context: add this key to the event (used ` +
        `by ${file})`,
      options,
    );
  }
  const reason = error instanceof Error ? error.message : String(error);
  return new TemplateError(`the mail template ${template} fails in ${file}: ${reason}`, options);
}
