/**
 * Questions on a terminal.
 *
 * @module
 */

/**
 * Asks a question that is answered by yes or no.
 *
 * @param question Without its mark of choices.
 * @returns `false` for anything but `y` or `yes`; `undefined` where there is no terminal to ask on.
 */
export function confirm(question: string): boolean | undefined {
  if (!Deno.stdin.isTerminal() || !Deno.stderr.isTerminal()) return undefined;
  Deno.stderr.writeSync(new TextEncoder().encode(`${question} [y/N] `));
  const buffer = new Uint8Array(1024);
  const count = Deno.stdin.readSync(buffer) ?? 0;
  return isYes(new TextDecoder().decode(buffer.subarray(0, count)));
}

/** Whether an answer means yes. */
export function isYes(answer: string): boolean {
  return /^\s*y(es)?\s*$/i.test(answer);
}
