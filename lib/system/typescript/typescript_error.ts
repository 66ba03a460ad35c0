/**
 * The error of a file that is no TypeScript.
 *
 * @module
 */

/** A syntax error. The message names its line and column, and shows the line. */
export class TypeScriptError extends SyntaxError {
  override readonly name = "SyntaxError";
}
