/**
 * Adds up the last lines of several runs of the test command: `sum.ts <log>…`.
 *
 * It prints one line of the same form. It exits with 1 when a run failed, did not end with its
 * counts, or skipped a test.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { type Counts, countsLine, readCountsLine, sum } from "./counts.ts";

/** The output of one run. */
export interface Log {
  readonly name: string;
  readonly text: string;
}

/** Adds runs up. A run without counts is one failure. @returns With what is wrong, if anything. */
export function sumLogs(logs: readonly Log[]): { counts: Counts; problems: string[] } {
  const read = logs.map(({ name, text }) => ({ name, counts: readCountsLine(text) }));
  const counts = sum(read.map(({ counts }) => counts ?? { passed: 0, failed: 1, skipped: 0 }));
  const problems = read.filter(({ counts }) => !counts)
    .map(({ name }) => `${name} does not end with its counts`);
  if (counts.skipped > 0) problems.push(`${counts.skipped} tests were skipped; none may be here`);
  return { counts, problems };
}

if (import.meta.main) {
  const logs = Deno.args.map((path) => ({
    name: basename(path),
    text: readFileSync(path, "utf8"),
  }));
  const { counts, problems } = sumLogs(logs);
  for (const problem of problems) console.error(problem);
  console.log(countsLine(counts));
  Deno.exitCode = counts.failed > 0 || problems.length > 0 ? 1 : 0;
}
