/**
 * The types of a client's events, which come from the schema of a worker.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Client, InputOf } from "process-queue/client";
import { defineWorker } from "process-queue/worker";
import { z } from "zod";

const greetings = defineWorker({
  queue: "greetings",
  event: z.object({ name: z.string(), times: z.number().default(1) }),
  consume({ name, times }) {
    void name.repeat(times);
  },
});

/** Never called: the compiler checks it. */
export async function typed(client: Client): Promise<void> {
  await client.publish(greetings, { name: "Ada" });
  await client.publish(greetings, { name: "Ada", times: 2 });
  await client.publishAll(greetings, [{ name: "Ada" }]);
  await client.publish("greetings", { anything: true });
  // @ts-expect-error A field is missing.
  await client.publish(greetings, { times: 2 });
  // @ts-expect-error A field is of another type.
  await client.publish(greetings, { name: 1 });
}

Deno.test("what a schema has a default for may be left out", () => {
  const event: InputOf<typeof greetings> = { name: "Ada" };
  assert.deepEqual(greetings.event.parse(event), { name: "Ada", times: 1 });
});
