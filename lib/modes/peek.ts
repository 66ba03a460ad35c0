/**
 * `process-queue peek`: shows the first events that wait in a queue.
 *
 * @module
 */

import type { PeekCommand } from "../command_line/repair_commands.ts";
import type { Config } from "../config/config.ts";
import type { Broker, StoredEvent } from "../engine/broker/broker.ts";
import { PUBLISHED_MS } from "../engine/broker/headers.ts";
import { counted } from "../errors/counted.ts";
import { plain } from "../operations/failed/list.ts";
import type { ShownEvent } from "../operations/failed/view.ts";
import { cut, printable } from "./failed/table.ts";
import { holderOf } from "./failed/failed.ts";
import { viewOf } from "./failed/view.ts";
import { requireWorkersFlag } from "./folders.ts";
import { embeddedPlace } from "./place.ts";
import { findQueue, requireOnBroker, type Services } from "./services.ts";

const FAILED = /\.failed$/;
const BODY_WIDTH = 78;

/**
 * Prints the first events of a queue; they stay where they are.
 *
 * @returns The exit code 0.
 * @throws {UsageError} For a queue that has no worker here and is not on the broker.
 * @throws {BrokerError} When the broker cannot be used, or the look would have effects.
 */
export async function runPeek(
  command: PeekCommand,
  config: Config,
  services: Services,
): Promise<number> {
  requireWorkersFlag(config);
  const { queue, json, limit, countsDelivery } = command;
  const known = await services.listQueues(config.workersDir);
  await using broker = await services.openBroker(config, `process-queue peek ${queue}`);
  const main = queue.replace(FAILED, "");
  await requireOnBroker(broker, main, known);
  await using _lock = await lockIfFailed(broker, queue, services);
  const depth = await broker.depth(queue) ?? { ready: 0, consumers: 0 };
  if (depth.consumers > 0 && !json) {
    services.warn(`${queue} is consumed: later events may overtake those that are shown`);
  }
  const events = await broker.peek(queue, limit, { countsDelivery });
  const view = events.length > 0
    ? await viewOf(findQueue(main, known), config, services)
    : undefined;
  for (const line of events.flatMap((event) => view ? lines(event, view(event), json) : [])) {
    services.print(line);
  }
  if (json) return 0;
  const all = Math.max(depth.ready, events.length);
  const shown = all > events.length ? `the first ${events.length} of ` : "";
  services.print(`${shown}${counted(all, "event")} in ${queue}${embeddedPlace(config)}`);
  return 0;
}

/** Others that repair dead letters find none of them while they are looked at. */
async function lockIfFailed(
  broker: Broker,
  queue: string,
  services: Services,
): Promise<AsyncDisposable> {
  if (FAILED.test(queue)) return await broker.lock(queue, holderOf("peek", services));
  return { [Symbol.asyncDispose]: () => Promise.resolve() };
}

function lines(event: StoredEvent, shown: ShownEvent, json: boolean): string[] {
  const { properties, body, bytes } = shown;
  const at = event.properties.headers?.[PUBLISHED_MS];
  const publishedAt = typeof at === "number" ? new Date(at).toISOString() : null;
  if (json) {
    const { headers = {}, ...rest } = properties;
    const id = properties.messageId ?? null;
    const all = { id, published_at: publishedAt, bytes, properties: plain(rest) };
    return [JSON.stringify({ ...all, headers: plain(headers), ...body })];
  }
  const text = "body" in body ? body.body : `base64: ${body.body_base64}`;
  const head = [publishedAt ?? "no time", properties.messageId ?? "no id", counted(bytes, "byte")];
  return [printable(head.join("  ")), `  ${cut(printable(text), BODY_WIDTH)}`];
}
