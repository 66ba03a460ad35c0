/** The demo's progress: a bar on a terminal, else a line every 2 s. */

const WIDTH = 30;
const BAR_EVERY_MS = 50;
const LINE_EVERY_MS = 2000;
const CLEAR_LINE = "\r\x1b[K";

/** Runs something and shows how much of `total` is done. */
export async function showProgress<Result>(
  what: string,
  total: number,
  run: (onProgress: (count: number) => void) => Promise<Result>,
): Promise<Result> {
  const isTerminal = Deno.stdout.isTerminal();
  const everyMs = isTerminal ? BAR_EVERY_MS : LINE_EVERY_MS;
  let shown = { at: performance.now(), count: 0 };
  const result = await run((count) => {
    const now = performance.now();
    if (count === total || count === shown.count || now - shown.at < everyMs) return;
    shown = { at: now, count };
    const line = progressLine(what, count, total);
    write(isTerminal ? CLEAR_LINE + line : `${line}\n`);
  });
  write(`${isTerminal ? CLEAR_LINE : ""}${progressLine(what, total, total)}\n`);
  return result;
}

/** Writes a line. On a terminal it replaces the bar, which is then drawn again below. */
export function sayAboveProgress(line: string): void {
  write(`${Deno.stdout.isTerminal() ? CLEAR_LINE : ""}${line}\n`);
}

/** A line of at most 80 columns. */
export function progressLine(what: string, count: number, total: number): string {
  const filled = Math.round(count / total * WIDTH);
  const bar = "#".repeat(filled).padEnd(WIDTH, ".");
  const counts = `${count.toLocaleString("en")} of ${total.toLocaleString("en")}`;
  return `${what.padEnd(10)} [${bar}] ${counts}`;
}

function write(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text));
}
