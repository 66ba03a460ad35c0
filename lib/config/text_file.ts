/**
 * Text files that people write.
 *
 * @module
 */

/**
 * The text of a file, without a byte order mark, as some editors write one.
 *
 * @throws {Deno.errors.NotFound} When there is no such file; other errors of the system likewise.
 * @throws {TypeError} When it is not UTF-8; the message says what to do.
 */
export function readTextFile(path: string): string {
  const bytes = Deno.readFileSync(path);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new TypeError("it is not UTF-8: save it as UTF-8, as with iconv -t UTF-8", {
      cause: error,
    });
  }
}
