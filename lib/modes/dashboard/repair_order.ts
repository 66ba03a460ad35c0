/**
 * What an order of the dashboard means to a broker.
 *
 * @module
 */

import { join } from "node:path";
import type { Broker } from "../../engine/broker/broker.ts";
import { countRepair, type Repair } from "../../operations/failed/repair.ts";
import { SavedFile } from "../../operations/failed/saved_file.ts";
import type { RepairOrder } from "../../operations/failed/task.ts";
import { HttpError } from "../../server/http_error.ts";

/** The repair that is ordered. @param by Who orders it. */
export function repairOf(order: RepairOrder, by: string): Repair {
  const { queue, filter, kind, to = queue, body, rate, expected, countsDelivery } = order;
  const bytes = body === undefined ? {} : { body: new TextEncoder().encode(body) };
  return {
    queue,
    filter,
    action: kind === "drop" ? { kind } : { kind, to, ...bytes },
    by,
    countsDelivery,
    ...(rate === null ? {} : { ratePerSecond: rate }),
    ...(expected === null ? {} : { limit: expected }),
  };
}

/**
 * Sees to it that the queue is there that events are put into.
 *
 * @throws {HttpError} `bad_request` where it is another one, and not there.
 */
export async function requireTarget(broker: Broker, { kind, queue, to = queue }: RepairOrder) {
  if (kind === "drop") return;
  if (to === queue) return await broker.declare(queue);
  if (await broker.depth(to)) return;
  const message = `There is no queue ${to} on the broker; it is made when a worker of it runs`;
  throw new HttpError("bad_request", message);
}

/** A new body is for one event. @throws {HttpError} `bad_request` where more match. */
export async function requireOne(
  broker: Broker,
  { body }: RepairOrder,
  repair: Repair,
): Promise<void> {
  if (body === undefined) return;
  const { result, failure } = await countRepair(broker, { ...repair, limit: Infinity });
  if (failure !== undefined) throw failure;
  if (result.matched <= 1) return;
  const message =
    `A new body is for one event, and ${result.matched} match: name one by its handle`;
  throw new HttpError("bad_request", message);
}

/** The file of what is dropped; `undefined` where nothing is saved. @param now ms since 1970 */
export function savedFileOf(
  { kind, dryRun, save, queue }: RepairOrder,
  stateDir: string,
  now: number,
): SavedFile | undefined {
  if (kind === "retry" || dryRun || !save) return undefined;
  const time = new Date(now).toISOString().replace(/[:.]/g, "-");
  const name = `${encodeURIComponent(queue)}-${time}-${Deno.pid}.jsonl`;
  return new SavedFile(join(stateDir, "dropped", name));
}
