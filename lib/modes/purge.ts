/**
 * `process-queue purge`: deletes the events that wait in queues.
 *
 * @module
 */

import type { PurgeCommand } from "../command_line/repair_commands.ts";
import { confirm } from "../command_line/terminal/confirm.ts";
import type { Config } from "../config/config.ts";
import type { Broker } from "../engine/broker/broker.ts";
import { failedQueueName } from "../engine/settle/retry.ts";
import { counted } from "../errors/counted.ts";
import { SavedFile } from "../operations/failed/saved_file.ts";
import { holderOf } from "./failed/failed.ts";
import { requireWorkersFlag } from "./folders.ts";
import { embeddedPlace } from "./place.ts";
import { requireSavePath } from "./save_path.ts";
import { requireOnBroker, type Services } from "./services.ts";

/** One queue of the broker, and how many events are to be deleted. */
interface Target {
  /** The queue as it was named. */
  readonly queue: string;
  /** The queue on the broker; `undefined`: the events of `queue` that wait for a retry. */
  readonly name: string | undefined;
  readonly count: number;
}

/** What was deleted of one queue. */
interface Purged extends Omit<Target, "count"> {
  readonly removed: number;
  readonly failure?: unknown;
}

/**
 * Says how many events there are, asks, deletes them, and prints how many they were. Events that a
 * worker has taken stay.
 *
 * @returns The exit code: 1 where it did not get to its end.
 * @throws {UsageError} For a queue that is not there, or where nobody can confirm.
 * @throws {BrokerError} When the broker cannot be used, or another command has the dead letters.
 */
export async function runPurge(
  command: PurgeCommand,
  config: Config,
  services: Services,
): Promise<number> {
  requireWorkersFlag(config);
  const known = await services.listQueues(config.workersDir);
  const queues = command.all ? known.map(({ name }) => name) : command.queues;
  await using broker = await services.openBroker(config, "process-queue purge");
  for (const queue of queues) await requireOnBroker(broker, queue, known);
  await using locks = new AsyncDisposableStack();
  const targets = await targetsOf(broker, queues, command);
  for (const { name } of targets) {
    if (name?.endsWith(".failed")) locks.use(await broker.lock(name, holderOf("purge", services)));
  }
  if (!command.yes && !isConfirmed(targets, services)) {
    services.warn("nothing was changed");
    return 1;
  }
  await using saved = command.save === undefined
    ? undefined
    : new SavedFile(requireSavePath(command.save));
  using interruption = services.interruption();
  const results: Purged[] = [];
  for (const { queue, name } of targets) {
    if (interruption.signal.aborted) break;
    const by = { queue, by: services.operator };
    results.push({ queue, name, ...await purge(broker, { queue, name }, saved, by, interruption) });
  }
  return report(results, targets, command, services, embeddedPlace(config), saved);
}

async function targetsOf(
  broker: Broker,
  queues: readonly string[],
  { includeFailed, includeRetrying }: PurgeCommand,
): Promise<Target[]> {
  const targets: Target[] = [];
  for (const queue of queues) {
    const names = [queue, ...(includeFailed ? [failedQueueName(queue)] : [])];
    for (const name of names) {
      targets.push({ queue, name, count: (await broker.depth(name))?.ready ?? 0 });
    }
    const count = includeRetrying ? await broker.waiting(queue) : 0;
    if (includeRetrying) targets.push({ queue, name: undefined, count });
  }
  return targets;
}

function isConfirmed(targets: readonly Target[], services: Services): boolean {
  for (const target of targets) {
    services.warn(`${titleOf(target)}: ${counted(target.count, "event")}`);
  }
  const all = counted(targets.reduce((sum, { count }) => sum + count, 0), "event");
  return confirm(`Delete ${all}`, false, services.asking);
}

async function purge(
  broker: Broker,
  { queue, name }: Omit<Target, "count">,
  saved: SavedFile | undefined,
  by: { readonly queue: string; readonly by: string },
  { signal }: { readonly signal: AbortSignal },
): Promise<Pick<Purged, "removed" | "failure">> {
  if (name === undefined) return { removed: await broker.purgeWaiting(queue) };
  if (!saved) return { removed: await broker.purge(name) };
  return await broker.sift(name, () => ({ drop: true }), {
    signal,
    countsDelivery: true,
    beforeRemoval: (matches) => saved.add(matches.map(({ event }) => event), by),
  });
}

function report(
  results: readonly Purged[],
  targets: readonly Target[],
  { json }: PurgeCommand,
  services: Services,
  place: string,
  saved: SavedFile | undefined,
): number {
  const path = saved && saved.count > 0 ? saved.path : null;
  if (json) {
    // How many a worker has taken is not known to the broker's clients.
    const more = { in_flight: null, saved: path };
    const shown = results.map((one) => ({ queue: titleOf(one), removed: one.removed, ...more }));
    services.print(JSON.stringify({ schema: 1, results: shown }));
  } else {
    for (const one of results) {
      services.print(`${titleOf(one)}: deleted ${counted(one.removed, "event")}${place}`);
    }
    if (path !== null) services.print(`saved to ${path}; publish QUEUE --from takes them back`);
  }
  const failures = results.flatMap(({ failure }) => failure === undefined ? [] : [failure]);
  for (const error of failures) {
    services.warn(`stopped: ${error instanceof Error ? error.message : String(error)}`);
  }
  const isDone = failures.length === 0 && results.length === targets.length;
  if (!isDone && failures.length === 0) services.warn("stopped before the end");
  return isDone ? 0 : 1;
}

function titleOf({ queue, name }: Omit<Target, "count">): string {
  return name ?? `${queue}, waiting for a retry`;
}
