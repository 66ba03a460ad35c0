/**
 * A broker that loses events, to test that the suite notices: it acknowledges an event before it
 * stores the copy that is retried or dead-lettered.
 *
 * @module
 */

import type { Broker, EventProperties, Subscription } from "../../lib/engine/broker/broker.ts";
import { failedProperties, retryProperties } from "../../lib/engine/broker/headers.ts";
import { failedQueueName } from "../../lib/engine/settle/retry.ts";
import type { Settlement } from "../../lib/engine/settle/outcome.ts";
import { sleep } from "./handler.ts";

type Copied = Extract<Settlement, { kind: "retry" | "fail" }>;

/** How long an event exists only in the memory of its process, in ms. */
const UNSAFE_MS = 1000;

/** Makes all brokers of a class lose events. @param prototype The prototype of the class. */
export function makeLossy(prototype: Broker): void {
  const { subscribe } = prototype;
  prototype.subscribe = function (queue, listener) {
    return lossy(subscribe.call(this, queue, listener), this, queue);
  };
}

function lossy(subscription: Subscription, broker: Broker, queue: string): Subscription {
  return {
    settle(delivery, settlement, kept) {
      if (settlement.kind !== "retry" && settlement.kind !== "fail") {
        return subscription.settle(delivery, settlement, kept);
      }
      subscription.settle(delivery, { kind: "done" });
      return storeLater(broker, queue, kept?.content ?? "", delivery.properties, settlement);
    },
    pause: () => subscription.pause(),
    resume: (prefetch) => subscription.resume(prefetch),
    close: () => subscription.close(),
  };
}

async function storeLater(
  broker: Broker,
  queue: string,
  body: Uint8Array | string,
  properties: EventProperties,
  settlement: Copied,
): Promise<void> {
  await sleep(UNSAFE_MS);
  const now = Date.now();
  if (settlement.kind === "retry") {
    return await broker.publish(queue, body, retryProperties(properties, settlement, { now }));
  }
  const origin = { queue, host: "", version: "" };
  const failed = failedQueueName(queue);
  await broker.declare(failed);
  await broker.publish(failed, body, failedProperties(properties, settlement, origin, now));
}
