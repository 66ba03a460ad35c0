/**
 * `process-queue failed`: looks at the dead letters of a queue, puts them back, or drops them.
 *
 * @module
 */

import type { FailedCommand } from "../../command_line/repair_commands.ts";
import type { Config } from "../../config/config.ts";
import { failedQueueName } from "../../engine/settle/retry.ts";
import { requireWorkersFlag } from "../folders.ts";
import { embeddedPlace } from "../place.ts";
import { findQueue, requireOnBroker, type Services } from "../services.ts";
import { groups, list, type Looking, show } from "./looks.ts";
import { repair } from "./repairs.ts";
import { viewOf } from "./view.ts";

/**
 * Runs one of the commands. The queue needs no worker here if the broker has it, or dead letters of
 * it. One command at a time has the dead letters of a queue.
 *
 * @returns The exit code: 0, also when there are none; 1 where it did not get to its end.
 * @throws {ConfigError} For an option `--workers-dir` that names no folder.
 * @throws {UsageError} For a queue that has no worker here and is not on the broker; for a repair that
 * says not which dead letters are meant, or that nobody can confirm.
 * @throws {SavedFileError} When the file to save to cannot be used.
 * @throws {BrokerError} When the broker cannot be used, or another command has the dead letters.
 */
export async function runFailed(
  command: FailedCommand,
  config: Config,
  services: Services,
): Promise<number> {
  requireWorkersFlag(config);
  const known = await services.listQueues(config.workersDir);
  const { queue, action } = command;
  const what = `failed ${action}`;
  await using broker = await services.openBroker(config, `process-queue ${what} ${queue}`);
  await requireOnBroker(broker, queue, known);
  const failed = failedQueueName(queue);
  await using _lock = await broker.lock(failed, holderOf(what, services));
  const worker = findQueue(queue, known);
  const place = command.json ? "" : embeddedPlace(config);
  const view = () => viewOf(worker, config, services);
  return await run({ broker, failed, view, services, place, stateDir: config.stateDir }, command);
}

/** Who has the dead letters, for others. */
export function holderOf(what: string, { operator }: Pick<Services, "operator">): string {
  return `${what} by ${operator}, process ${Deno.pid}, since ${new Date().toISOString()}`;
}

async function run(scene: Looking, command: FailedCommand): Promise<number> {
  switch (command.action) {
    case "groups":
      return await groups(scene, command);
    case "list":
      return await list(scene, command);
    case "show":
      return await show(scene, command);
    default:
      return await repair(scene, command);
  }
}
