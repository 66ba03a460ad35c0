/**
 * `process-queue recover`: copies what can be read of a damaged file of the embedded broker.
 *
 * @module
 */

import { nounFor } from "../errors/counted.ts";
import type { RecoverCommand } from "../command_line/command.ts";
import type { Recovered, RecoveredQueue } from "../engine/broker/sqlite/recovery/recover.ts";
import type { Services } from "./services.ts";

/**
 * Recovers a file into a new one, and prints how many events are in it.
 *
 * @returns The exit code: 0, also where some events were lost.
 * @throws {BrokerError} When nothing can be read, or the new file exists or cannot be written.
 */
export async function runRecover(
  { from, to }: RecoverCommand,
  services: Pick<Services, "print" | "warn">,
): Promise<number> {
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
