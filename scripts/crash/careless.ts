/**
 * A broker that is made to lose events, to see that the suite finds out: it acknowledges an event
 * before it stores the copy that is retried or dead-lettered.
 *
 * @module
 */

import type { Broker, EventProperties, Subscription } from "../../lib/engine/broker/broker.ts";
import { failedProperties, retryProperties } from "../../lib/engine/broker/headers.ts";
import { failedQueueName } from "../../lib/engine/settle/retry.ts";
import type { Settlement } from "../../lib/engine/settle/outcome.ts";
import { sleep } from "./handler.ts";

type Copied = Extract<Settlement, { kind: "retry" | "fail" }>;

/** How long an event is nowhere but in the memory of its process, in ms. */
const CARELESS_MS = 1000;

/** Makes all brokers of a class careless. @param prototype Of the class. */
export function makeCareless(prototype: Broker): void {
  const { subscribe } = prototype;
  prototype.subscribe = function (queue, listener) {
    return careless(subscribe.call(this, queue, listener), this, queue);
  };
}

function careless(subscription: Subscription, broker: Broker, queue: string): Subscription {
  return {
    settle(delivery, settlement, body) {
      if (settlement.kind === "done" || settlement.kind === "release") {
        return subscription.settle(delivery, settlement, body);
      }
      subscription.settle(delivery, { kind: "done" });
      return storeLater(broker, queue, body ?? "", delivery.properties, settlement);
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
  await sleep(CARELESS_MS);
  const now = Date.now();
  if (settlement.kind === "retry") {
    return await broker.publish(queue, body, retryProperties(properties, settlement, { now }));
  }
  const origin = { queue, host: "", version: "" };
  const failed = failedQueueName(queue);
  await broker.declare(failed);
  await broker.publish(failed, body, failedProperties(properties, settlement, origin, now));
}
