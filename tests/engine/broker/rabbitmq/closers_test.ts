/**
 * Copies because of which the broker would close the connection.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { Fail } from "../../../../lib/worker.ts";
import { queueTest } from "../../../fixtures/rabbitmq/queue_fixture.ts";
import { until } from "../../../fixtures/until.ts";

queueTest("copies are cut to a small frame, and each is stored once", async (fixture) => {
  const { client, queue, server } = fixture;
  const broker = await fixture.openBroker({ url: `${server.url}?frameMax=8192` });
  const engine = await fixture.start({
    broker,
    retries: [1],
    consume: () => {
      throw new Error("e".repeat(3900));
    },
  });
  for (const length of [6000, 20_000, 10]) {
    const headers = { small: "kept", [`header ${length}`]: "x".repeat(length) };
    await client.publish(queue, String(length), { headers });
  }
  await engine.untilSettled("failed", 3);
  assert.equal(await client.ready(`${queue}.failed`), 3);
  for (const letter of await broker.peek(`${queue}.failed`, 3)) {
    const { headers = {} } = letter.properties;
    const name = `header ${new TextDecoder().decode(letter.body)}`;
    assert.equal(headers["small"], "kept");
    assert.ok(name in headers || headers["x-pq-dropped-headers"] === name, name);
    assert.match(String(headers["x-pq-error-message"]), /^e{50,}/);
  }
  assert.deepEqual(fixture.notices, []);
});

queueTest("a copy that closed the connection twice is tried apart from others", async (fixture) => {
  const { client, queue } = fixture;
  const proxy = fixture.proxy();
  const broker = await fixture.openBroker({ url: proxy.url(fixture.server.url) });
  const engine = await fixture.start({ broker, consume: () => Promise.reject(new Fail("no")) });
  for (const n of [1, 2, 3]) await client.publish(queue, String(n));
  await engine.untilSettled("failed", 3);
  let spoilt = 0;
  proxy.onRequest = (bytes) => {
    if (spoil(bytes)) spoilt++;
  };
  await client.publish(queue, "4", { headers: { poison: "x" } });
  for (const n of [5, 6]) await client.publish(queue, String(n));
  await until("it was tried apart", () => spoilt >= 4);
  await engine.untilSettled("failed", 5);
  const lost = fixture.notices.filter((text) => text.includes("was lost"));
  assert.equal(lost.length, 2, lost.join("\n"));
  proxy.onRequest = undefined;
  await engine.untilSettled("failed", 6);
  const letters = (await broker.peek(`${queue}.failed`, 100)).map(({ body }) => String(body));
  assert.deepEqual([...new Set(letters)].toSorted(), ["1", "2", "3", "4", "5", "6"]);
  const before = letters.filter((body) => Number(body) <= 3).toSorted();
  assert.deepEqual(before, ["1", "2", "3"]);
});

/** Gives the header `poison` a type that does not exist, for which RabbitMQ closes the connection. */
function spoil(bytes: Uint8Array): boolean {
  const at = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf("poison");
  if (at < 0) return false;
  bytes[at + "poison".length] = "?".charCodeAt(0);
  return true;
}
