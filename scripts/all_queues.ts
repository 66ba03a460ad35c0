/**
 * `--all` for tests and measurements, with as many threads as they need.
 *
 * @module
 */

import { readdirSync } from "node:fs";

/**
 * `--all` without most of the program's own queues: a thread for each takes seconds to start, and
 * tens of MB.
 *
 * @param kept Those of the program's queues that run. The workers of `--workers-dir` run, too.
 */
export function allWith(...kept: readonly string[]): string[] {
  const queues = readdirSync(new URL("../workers", import.meta.url))
    .filter((name) => name.endsWith(".ts") && !/^(_|noop|test\.)/.test(name))
    .map((name) => name.replace(/\.ts$/, ""));
  return ["--all", "--except", ...queues.filter((queue) => !kept.includes(queue))];
}
