/**
 * What tests of workers refuse, because the program does, too.
 *
 * @module
 */

import type { Config } from "../config/config.ts";
import { WorkerDeclarationError, wrongWith } from "../engine/host/discovery.ts";
import { missingError, missingSettings } from "../engine/host/required.ts";
import { unknownOption } from "../errors/options.ts";
import type { Worker } from "../worker.ts";

/**
 * Checks a worker as the program does when it loads its file.
 *
 * @throws {WorkerDeclarationError} When it is no valid worker, has an unknown option, or requires a
 * setting that there is not.
 * @throws {ConfigError} When it requires a setting that is not set.
 */
export function refuseWorker(worker: Worker, config: Config): void {
  const wrong = wrongWith(worker, worker?.queue);
  if (wrong !== undefined) throw new WorkerDeclarationError(`The worker under test ${wrong}`);
  const { queue, requires } = worker;
  if (!Array.isArray(requires)) return;
  const missing = missingSettings({ requires }, { file: `The worker of ${queue}` }, config);
  if (missing.length > 0) throw missingError(queue, missing);
}

/**
 * Checks the names of options.
 *
 * @param taker Names what takes them: `runEvent`.
 * @param known The names there are.
 * @throws {TypeError} When there is another; the message names the near one.
 */
export function refuseOptions(taker: string, options: object, known: Record<string, true>): void {
  const problem = unknownOption(options, new Set(Object.keys(known)));
  if (problem !== undefined) throw new TypeError(`${taker} ${problem}`);
}
