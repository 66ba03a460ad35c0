/**
 * The ledger: what the handlers of all processes did, in one file to which they append.
 *
 * @module
 */

/** A line of the ledger. */
export interface LedgerLine {
  /** `begun` is written of events only that bring trouble, and `done` of all. */
  readonly what: "begun" | "done";
  /** The event. */
  readonly id: string;
  readonly queue: string;
  /** The process. */
  readonly pid: number;
  /** ms since 1970, with a fraction. */
  readonly at: number;
}

/** Names the ledger's file to the processes. */
export const LEDGER = "CRASH_LEDGER";

/**
 * Writes one line, in a handler. A kill may cut it short, so it begins with a line break: the line
 * of another process then still stands for itself.
 */
export function writeLine(what: LedgerLine["what"], { id }: { id: string }, queue: string): void {
  const line: LedgerLine = { what, id, queue, pid: Deno.pid, at: now() };
  const path = Deno.env.get(LEDGER);
  if (path === undefined) throw new Error(`${LEDGER} is not set: run this by deno task crash`);
  Deno.writeTextFileSync(path, `\n${JSON.stringify(line)}\n`, { append: true });
}

/** Reads all whole lines, in the order of their time. */
export function readLedger(path: string): LedgerLine[] {
  return parseLedger(Deno.readTextFileSync(path));
}

/** The whole lines of a text, in the order of their time. */
export function parseLedger(text: string): LedgerLine[] {
  return text.split("\n").flatMap(parseLine).sort((a, b) => a.at - b.at);
}

/** The clock of the ledger: ms since 1970, with a fraction. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}

function parseLine(line: string): LedgerLine[] {
  if (!line.endsWith("}")) return [];
  return [JSON.parse(line)];
}
