/**
 * `process-queue recover`: copies what can be read of a damaged file of the embedded broker.
 *
 * @module
 */

import { statSync } from "node:fs";
import { nounFor } from "../errors/counted.ts";
import type { RecoverCommand } from "../command_line/command.ts";
import type { Recovered, RecoveredQueue } from "../engine/broker/sqlite/recovery/recover.ts";
import { UsageError } from "../errors/usage_error.ts";
import type { Services } from "./services.ts";

const NAME_THE_FILE = "name the damaged file: usually broker.sqlite in STATE_DIR";

/**
 * Recovers a file into a new one, and prints how many events are in it.
 *
 * @returns The exit code: 0, also where some events were lost.
 * @throws {UsageError} When there is no such file.
 * @throws {BrokerError} When nothing can be read, or the new file exists or cannot be written.
 */
export async function runRecover(
  { from, to }: RecoverCommand,
  services: Pick<Services, "print" | "warn">,
): Promise<number> {
  requireFile(from);
  const { recover } = await import("../engine/broker/sqlite/recovery/recover.ts");
  const recovered = await recover(from, to);
  for (const line of linesOf(recovered, to)) services.print(line);
  for (const { name, isRenamed } of recovered.queues) if (isRenamed) services.warn(renamed(name));
  // SQLite would write the old log into the new file.
  services.warn(
    `before ${to} takes the place of ${from}, move ${from}, ${from}-wal and ${from}-shm away`,
  );
  return 0;
}

function requireFile(path: string): void {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isDirectory()) throw new UsageError(`${path} is a folder; ${NAME_THE_FILE}`);
  if (!stat) throw new UsageError(`there is no file ${path}; ${NAME_THE_FILE}`);
}

function linesOf({ events, of, isAtLeast, queues }: Recovered, to: string): string[] {
  const total = isAtLeast ? `at least ${of}` : String(of);
  return [
    ...queues.map(lineOf),
    `recovered ${events} of ${total} ${nounFor(of, "event")} into ${to}`,
  ];
}

function lineOf({ name, ready, waiting }: RecoveredQueue): string {
  return `${name}: ${ready} ready, ${waiting} waiting for retry`;
}

function renamed(name: string): string {
  return `the name of a queue cannot be read: its events are in the queue ${name}`;
}
