import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { NO_FILTER } from "../../../lib/command_line/failed_filter.ts";
import type { Broker } from "../../../lib/engine/broker/broker.ts";
import { MemoryBroker } from "../../../lib/engine/broker/memory.ts";
import { carryOutRepair } from "../../../lib/operations/failed/repair.ts";

Deno.test("an event that matches twice, as the channel was closed between, is counted once", async () => {
  const event = { body: Buffer.from("{}"), properties: {} };
  const sift: Broker["sift"] = (_, decide, { onRestart } = {}) => {
    for (let index = 0; index < 3; index++) decide(event);
    // One of the three has left the queue; the channel was closed before the others did.
    onRestart?.(1);
    for (let index = 0; index < 2; index++) decide(event);
    return Promise.resolve({ scanned: 3, of: 3, removed: 3, complete: true });
  };
  const broker = Object.assign(new MemoryBroker(), { sift });
  const task = { queue: "mails", filter: NO_FILTER, action: { kind: "drop" }, by: "ada" } as const;
  const { result } = await carryOutRepair(broker, task);
  assert.deepEqual([result.matched, result.moved, result.remaining], [3, 3, 0]);
});
