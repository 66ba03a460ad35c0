import assert from "node:assert/strict";
import { accepts } from "../../../lib/domain/realtime/accepts.ts";
import { ClientQueue } from "../../../lib/domain/realtime/client_queue.ts";
import { HEARTBEAT, heartbeatSeconds } from "../../../lib/domain/realtime/heartbeat.ts";
import { eventClient } from "../../fixtures/realtime/clients.ts";

Deno.test("a heartbeat comes after 45 to 55 seconds, and has an id", () => {
  assert.deepEqual([0, 0.5, 1].map(heartbeatSeconds), [45, 50, 55]);
  const queue = new ClientQueue("q");
  queue.push({ type: "message" });
  queue.push(HEARTBEAT);
  queue.poll(0);
  assert.deepEqual(queue.poll(0), { kind: "events", events: [{ type: "heartbeat", id: 1 }] });
  assert.equal(queue.poll(1).kind, "events");
});

Deno.test("it is no event type that a client has to ask for", () => {
  assert.equal(accepts(eventClient({ eventTypes: ["message"] }), HEARTBEAT), true);
});
