/**
 * Retries and dead letters on RabbitMQ.
 *
 * @module
 */

import assert from "node:assert/strict";
import { RetryLater } from "../../../../lib/worker.ts";
import { failAlways, failOnce } from "../../../fixtures/rabbitmq/handlers.ts";
import { queueTest } from "../../../fixtures/rabbitmq/queue_fixture.ts";
import { until } from "../../../fixtures/until.ts";

queueTest("a retry queue is a quorum queue that hands over at least once", async (fixture) => {
  const engine = await fixture.start({ consume: failOnce });
  await fixture.client.publish(fixture.queue, "1");
  await engine.untilRan(2);
  assert.deepEqual(engine.ledger.map(({ attempt }) => attempt), [1, 2]);
  const [main = "", retry = "", ...others] = await fixture.listQueues(
    "type",
    "durable",
    "arguments",
  );
  assert.equal(others.length, 0);
  // RabbitMQ 4 adds the virtual host's default type.
  assert.match(main, /^Q\tclassic\ttrue\t\[(\{"x-queue-type","classic"\})?\]$/);
  const [name, type, durable, list = ""] = retry.split("\t");
  assert.deepEqual([name, type, durable], ["Q.retry.1s", "quorum", "true"]);
  const queueArguments = [...list.matchAll(/\{"([^"]*)","?([^"}]*)"?\}/g)].map(([, key, value]) =>
    `${key}=${value}`
  );
  assert.deepEqual(queueArguments.toSorted(), [
    "x-dead-letter-exchange=[]",
    "x-dead-letter-routing-key=Q",
    "x-dead-letter-strategy=at-least-once",
    "x-message-ttl=1000",
    "x-overflow=reject-publish",
    "x-queue-type=quorum",
  ]);
});

queueTest("a delay is rounded up to the ladder, and jitters by up to a tenth", async (fixture) => {
  const engine = await fixture.start({ consume: failAlways, retries: [3], prefetch: 100 });
  for (let i = 0; i < 20; i++) await fixture.client.publish(fixture.queue, String(i));
  await engine.untilSettled("retried", 20);
  const waits: number[] = [];
  for (let i = 0; i < 20; i++) {
    const copy = await fixture.client.take(`${fixture.queue}.retry.5s`);
    waits.push(Number(copy?.properties.expiration));
  }
  assert.ok(waits.every((wait) => wait >= 4500 && wait <= 5000), String(waits));
  assert.ok(new Set(waits).size > 3, String(waits));
});

queueTest(
  "a delay beyond the ladder waits on its last step and says until when",
  async (fixture) => {
    const engine = await fixture.start({
      consume: () => {
        throw new RetryLater({ after: 100_000 });
      },
    });
    const due = Date.now() + 100_000_000;
    await fixture.client.publish(fixture.queue, "1");
    await engine.untilSettled("retried", 1);
    const copy = await fixture.client.take(`${fixture.queue}.retry.86400s`);
    const notBefore = copy?.properties.headers?.["x-pq-not-before"];
    const latest = Date.now() + 100_000_000;
    assert.ok(notBefore >= due - 5000 && notBefore < latest + 5000, `${notBefore - due}`);
    assert.equal(copy?.properties.headers?.["x-pq-attempts"], 1);
  },
);

queueTest("an event that is not due waits on, and is neither run nor counted", async (fixture) => {
  const engine = await fixture.start();
  const headers = { "x-pq-not-before": Date.now() + 3_600_000, "x-pq-attempts": 1, mine: "yes" };
  await fixture.client.publish(fixture.queue, "1", { headers, messageId: "m" });
  const copy = await until("it waits", () => fixture.client.take(`${fixture.queue}.retry.3600s`));
  assert.equal(copy.properties.messageId, "m");
  assert.deepEqual(
    [copy.properties.headers?.["x-pq-attempts"], copy.properties.headers?.mine],
    [1, "yes"],
  );
  assert.equal(engine.ledger.length, 0);
  assert.equal(engine.consumer.totals.retried, 0);
});

queueTest("an event whose retry queue was deleted gets a new one", async (fixture) => {
  const engine = await fixture.start({ consume: failOnce });
  await fixture.client.publish(fixture.queue, "1");
  await engine.untilRan(2);
  await fixture.client.channel.deleteQueue(`${fixture.queue}.retry.1s`);
  await fixture.client.publish(fixture.queue, "2");
  await engine.untilRan(4);
  assert.deepEqual(engine.events, [1, 1, 2, 2]);
});

queueTest("an event whose queue of failed ones was deleted gets a new one", async (fixture) => {
  const engine = await fixture.start({ consume: failAlways, retries: [] });
  for (const body of ["1", "2"]) {
    await fixture.client.publish(fixture.queue, body);
    const letter = await until(
      "it is a dead letter",
      () => fixture.client.take(`${fixture.queue}.failed`),
    );
    assert.equal(letter.content.toString(), body);
    await engine.untilSettled("failed", Number(body));
    await fixture.client.channel.deleteQueue(`${fixture.queue}.failed`);
  }
});

queueTest("events wait out a retry queue that is no longer configured", async (fixture) => {
  const before = await fixture.start({ consume: failAlways, retries: [1] });
  await fixture.client.publish(fixture.queue, "1");
  await before.untilSettled("retried", 1);
  await before.stop();
  const after = await fixture.start({ retries: [5] });
  await after.untilRan(1);
  assert.deepEqual(after.ledger, [{ event: 1, attempt: 2 }]);
});

queueTest(
  "a dead letter goes to a durable queue of the type of the main queue",
  async (fixture) => {
    const broker = await fixture.openBroker({ queueType: "quorum", version: "1.2.3" });
    const engine = await fixture.start({ broker, consume: failAlways, retries: [] });
    await fixture.client.publish(fixture.queue, ' {"a": 1}\n');
    await engine.untilSettled("failed", 1);
    assert.deepEqual(await fixture.listQueues("type", "durable"), [
      "Q\tquorum\ttrue",
      "Q.failed\tquorum\ttrue",
    ]);
    const letter = await fixture.client.take(`${fixture.queue}.failed`);
    assert.equal(letter?.content.toString(), ' {"a": 1}\n');
    const headers = letter?.properties.headers ?? {};
    assert.equal(letter?.properties.deliveryMode, 2);
    assert.equal(headers["x-pq-reason"], "error");
    assert.equal(headers["x-pq-error-name"], "TypeError");
    assert.equal(headers["x-pq-error-message"], "never");
    assert.equal(headers["x-pq-attempts"], 1);
    assert.equal(headers["x-pq-version"], "1.2.3");
  },
);

queueTest(
  "what the broker would act on does nothing in a dead letter or a retry",
  async (fixture) => {
    const elsewhere = fixture.anotherQueue();
    await fixture.client.channel.assertQueue(elsewhere);
    const engine = await fixture.start({ consume: failAlways, retries: [1] });
    await fixture.client.publish(fixture.queue, "1", {
      expiration: "3600000",
      userId: "guest",
      CC: [elsewhere],
      headers: { "x-match": "mine" },
    });
    await engine.untilSettled("retried", 1);
    await engine.untilSettled("failed", 1);
    const letter = await fixture.client.take(`${fixture.queue}.failed`);
    assert.equal(letter?.properties.expiration, undefined);
    assert.equal(letter?.properties.userId, undefined);
    const headers = letter?.properties.headers ?? {};
    assert.equal(headers["x-original-expiration"], "3600000");
    assert.equal(headers["x-original-user_id"], "guest");
    assert.deepEqual(headers["x-original-CC"], [elsewhere]);
    assert.equal(headers.CC, undefined);
    assert.equal(headers["x-match"], "mine");
    assert.equal(await fixture.client.ready(elsewhere), 1);
  },
);

queueTest(
  "a retry queue with other arguments parks the queue and says what to do",
  async (fixture) => {
    await fixture.client.channel.assertQueue(`${fixture.queue}.retry.1s`);
    const engine = await fixture.start({ consume: failAlways, retries: [1], prefetch: 8 });
    for (const body of "1234") await fixture.client.publish(fixture.queue, body);
    const parked = await until("it is parked", () => engine.notices[0]);
    assert.match(
      parked,
      /^error: Queue fixture-\w+ is parked for 300 s: 4 events could be neither retried nor dead-lettered. They stay unacknowledged, and their copies are tried again \(Queue fixture-\w+\.retry\.1s exists with other arguments \(PRECONDITION_FAILED - inequivalent arg 'x-\S+' for queue 'fixture-\w+\.retry\.1s' in vhost '\/': .*\): when it is empty, delete it with rabbitmqctl delete_queue fixture-\w+\.retry\.1s, and it is declared again when it is needed\)$/,
    );
    await engine.stop();
    await until("all are back", async () => await fixture.client.ready(fixture.queue) === 4);
    assert.equal(engine.ledger.length, 4);
  },
);

queueTest(
  "a dead letter that the broker refuses is tried again, and its event does not run again",
  async (fixture) => {
    const failed = `${fixture.queue}.failed`;
    await fixture.client.channel.assertQueue(failed, {
      arguments: { "x-max-length": 1, "x-overflow": "reject-publish" },
    });
    await fixture.client.publish(failed, "fills it");
    const engine = await fixture.start({
      consume: (event) => event === "good" ? undefined : failAlways(),
      retries: [],
    });
    await fixture.client.publish(fixture.queue, "1");
    await fixture.client.publish(fixture.queue, '"good"');
    await engine.untilSettled("processed", 1);
    await fixture.client.take(failed);
    await engine.untilSettled("failed", 1);
    const letter = await fixture.client.take(failed);
    assert.equal(letter?.content.toString(), "1");
    assert.deepEqual(engine.events, [1, "good"]);
    assert.deepEqual(engine.notices, []);
  },
);
