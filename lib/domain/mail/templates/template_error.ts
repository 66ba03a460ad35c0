/**
 * The error of mail templates.
 *
 * @module
 */

/**
 * A mail cannot be made: its template does not exist or is wrong, or its context lacks a key. The
 * message is written for the operator; it names the template, and holds no value of the context.
 */
export class TemplateError extends Error {
  override readonly name = "TemplateError";
}
