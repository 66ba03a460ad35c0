/**
 * Where the commands about processes write.
 *
 * @module
 */

import { printError, printLine } from "../../system/standard_streams.ts";

/** Takes results and warnings. */
export interface Output {
  /** Writes a line of the results. */
  print(line: string): void;
  /** Writes a line about what is wrong. */
  warn(line: string): void;
}

/** Standard output and standard error. */
export const OUTPUT: Output = {
  print: printLine,
  warn: (line) => printError(`process-queue: ${line}`),
};
