/**
 * The ledger: one file to which the handlers of all processes append what they did.
 *
 * @module
 */

/** A line of the ledger. */
export interface LedgerLine {
  /** Handlers write `started` before each run of an event and `done` after one without trouble. */
  readonly what: "started" | "done";
  /** Id of the event. */
  readonly id: string;
  readonly queue: string;
  /** Process id of the handler's process. */
  readonly pid: number;
  /** ms since 1970, with a fraction. */
  readonly at: number;
}

/** The environment variable that holds the path of the ledger. */
export const LEDGER = "CRASH_LEDGER";

/**
 * Writes one line. A kill may cut a line short. Each one therefore starts with a line break, so that
 * the next process's line is whole.
 */
export function writeLine(what: LedgerLine["what"], { id }: { id: string }, queue: string): void {
  const line: LedgerLine = { what, id, queue, pid: Deno.pid, at: now() };
  const path = Deno.env.get(LEDGER);
  if (path === undefined) throw new Error(`${LEDGER} is not set: start this with deno task crash`);
  Deno.writeTextFileSync(path, `\n${JSON.stringify(line)}\n`, { append: true });
}

/** The size of the ledger, in bytes. */
export function ledgerSize(path: string): number {
  return Deno.statSync(path).size;
}

/** Reads all whole lines, sorted by time. */
export function readLedger(path: string): LedgerLine[] {
  return parseLedger(Deno.readTextFileSync(path));
}

/** Parses the whole lines of a text and sorts them by time. */
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
