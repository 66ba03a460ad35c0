/**
 * What a worker in a thread publishes, on its way to the main thread.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { FromThread } from "../../../lib/engine/thread/messages.ts";
import { Publisher } from "../../../lib/engine/thread/publisher.ts";

/** A publisher, and the bodies that it has sent. */
function publisher(): { readonly sent: string[]; readonly publisher: Publisher } {
  const sent: string[] = [];
  const say = (message: FromThread) => {
    assert(message !== 0 && message[0] === "publish");
    sent.push(message[3]);
  };
  return { sent, publisher: new Publisher(say) };
}

Deno.test("what is published without end waits in its thread, in its order", async () => {
  const { sent, publisher: it } = publisher();
  const bodies = Array.from({ length: 500 }, (_, at) => `${at}`);
  const confirmed = bodies.map((body) => it.publish("other", body));
  assert.equal(sent.length, 200);
  for (let number = 1; number <= bodies.length; number++) {
    assert(sent.length <= number + 199);
    it.published(number, null);
  }
  await Promise.all(confirmed);
  assert.deepEqual(sent, bodies);
});

Deno.test("a publish that was not confirmed makes room as well", async () => {
  const { sent, publisher: it } = publisher();
  const all = Array.from({ length: 201 }, (_, at) => it.publish("other", `${at}`));
  it.published(1, { name: "TypeError", message: "it is not to be" });
  await assert.rejects(all[0] ?? Promise.resolve(), /^TypeError: it is not to be$/);
  assert.equal(sent.at(-1), "200");
  it.published(1, null);
  assert.equal(sent.length, 201);
});
