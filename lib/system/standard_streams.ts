/**
 * The standard streams of commands, whose errors are the user's to mend.
 *
 * @module
 */

/** The standard input or output cannot be used. The message is one line. */
export class StreamError extends Error {
  override readonly name = "StreamError";
}

/** Bytes that are read at once. */
const CHUNK = 65_536;

/**
 * Writes a line of a command's results to the standard output.
 *
 * @throws {StreamError} When it is closed, or on a device that is full.
 */
export function printLine(line: string): void {
  const bytes = new TextEncoder().encode(`${line}\n`);
  try {
    for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) {
      throw new StreamError("the standard output was closed before all results were written", {
        cause: error,
      });
    }
    throw new StreamError(`the standard output cannot be written: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

/** Writes a line to the standard error. A full disk there must not change the exit code. */
export function printError(line: string): void {
  try {
    console.error(line);
  } catch {
    // There is no other place to say it.
  }
}

/**
 * The bytes of the standard input.
 *
 * @throws {StreamError} When it cannot be read.
 */
export async function* readInput(): AsyncGenerator<Uint8Array> {
  for (;;) {
    const buffer = new Uint8Array(CHUNK);
    const count = await Deno.stdin.read(buffer).catch(throwUnreadable);
    if (count === null) return;
    yield buffer.subarray(0, count);
  }
}

function throwUnreadable(error: unknown): never {
  const text = error instanceof Deno.errors.IsADirectory
    ? "the standard input is a folder: redirect a file, as in < events.jsonl"
    : `the standard input cannot be read: ${reasonOf(error)}`;
  throw new StreamError(text, { cause: error });
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
