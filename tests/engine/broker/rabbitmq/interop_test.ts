import assert from "node:assert/strict";
import { connectDatabase } from "../../../../lib/domain/database/database.ts";
import {
  amqpGet,
  amqpPublish,
  pikaPublish,
  pikaTake,
  whereInstalled,
} from "../../../fixtures/interop/clients.ts";
import { hostTest, type ProgramFixture } from "../../../fixtures/process/program_fixture.ts";

const QUEUE = "user_activity";

function interopTest(name: string, test: (fixture: ProgramFixture) => Promise<void>): void {
  whereInstalled(name, () => hostTest(name, QUEUE, test));
}

function activity(query: string): string {
  return JSON.stringify({ user_profile_id: 7, client_id: 1, query, time: 1_700_000_000 });
}

async function counts(fixture: ProgramFixture): Promise<Record<string, number>> {
  const db = await connectDatabase(`sqlite:${fixture.folder}/state/process-queue.sqlite`);
  try {
    const rows = await db.selectFrom("zerver_useractivity").select(["query", "count"]).execute();
    return Object.fromEntries(rows.map(({ query, count }) => [query, count]));
  } finally {
    await db.destroy();
  }
}

interopTest("what pika and amqp-publish send is counted beside our own", async (fixture) => {
  const twice = { body: activity("/pika/id"), properties: { message_id: "one" } };
  await pikaPublish(fixture.url, QUEUE, [
    ...Array(30).fill({ body: activity("/pika") }),
    twice,
    twice,
  ]);
  for (let i = 0; i < 3; i++) await amqpPublish(fixture.url, QUEUE, activity("/tools"));
  assert.equal((await fixture.run(["publish", QUEUE, activity("/ours")])).code, 0);
  const { code, stdout } = await fixture.drain();
  assert.deepEqual([code, stdout], [0, ["done 36, retried 0, failed 0, waiting for retry 0"]]);
  assert.deepEqual(await counts(fixture), { "/pika": 30, "/pika/id": 1, "/tools": 3, "/ours": 1 });
});

interopTest(
  "what failed is read by amqp-get and pika, as it was and with its cause",
  async (fixture) => {
    const wrong = '{"user_profile_id": 7.0,  "query":"é"}';
    await pikaPublish(fixture.url, QUEUE, [
      { body: "no JSON" },
      {
        body: wrong,
        properties: {
          message_id: "m-1",
          correlation_id: "c-1",
          content_type: "application/json",
          priority: 3,
          expiration: "600000",
          headers: { realm: "zulip", CC: ["elsewhere"] },
        },
      },
    ]);
    await amqpPublish(fixture.url, QUEUE, activity("/zip"), ["--content-encoding=gzip"]);
    // The error does not depend on the order in which copies are stored.
    const { stdout } = await fixture.drain({ PQ_USER_ACTIVITY_BATCH_SIZE: "1" });
    assert.deepEqual(stdout, ["done 0, retried 0, failed 3, waiting for retry 0"]);
    const failed = `${QUEUE}.failed`;
    const seen = [];
    for (let i = 0; i < 3; i++) seen.push(await pikaTake(fixture.url, failed));
    assert.deepEqual(seen.map(({ body }) => body).toSorted(), ["no JSON", wrong, activity("/zip")]);
    const { properties } = seen.find(({ body }) => body === wrong) ?? {};
    assert.deepEqual({ ...properties, headers: undefined }, {
      message_id: "m-1",
      correlation_id: "c-1",
      content_type: "application/json",
      priority: 3,
      delivery_mode: 2,
      headers: undefined,
    });
    const headers = properties?.["headers"] as Record<string, unknown>;
    assert.equal(headers["x-pq-reason"], "invalid");
    assert.equal(headers["x-pq-attempts"], 1);
    assert.equal(headers["x-pq-queue"], QUEUE);
    assert.match(String(headers["x-pq-error-message"]), /client_id/);
    assert.match(String(headers["x-pq-failed-at"]), /^\d{4}-\d\d-\d\dT/);
    assert.equal(headers["realm"], "zulip");
    assert.deepEqual(headers["x-original-CC"], ["elsewhere"]);
    assert.equal(headers["x-original-expiration"], "600000");
  },
);

interopTest("amqp-get prints the body of a dead letter byte for byte", async (fixture) => {
  const body = '{"user_profile_id": 1e400, "text":"\\u00e9\u20ac", "n": 12345678901234567890}';
  await fixture.client.channel.assertQueue(QUEUE);
  await amqpPublish(fixture.url, QUEUE, activity("/first"));
  await amqpPublish(fixture.url, QUEUE, body);
  assert.equal(
    (await fixture.drain()).stdout[0],
    "done 1, retried 0, failed 1, waiting for retry 0",
  );
  assert.equal(await amqpGet(fixture.url, `${QUEUE}.failed`), body);
});

interopTest("Zulip's declaration fits the queues that are made here", async (fixture) => {
  assert.equal((await fixture.drain()).code, 0);
  await pikaPublish(fixture.url, QUEUE, [{ body: "{}" }]);
  assert.equal(
    (await fixture.drain()).stdout[0],
    "done 0, retried 0, failed 1, waiting for retry 0",
  );
  await pikaPublish(fixture.url, `${QUEUE}.failed`, []);
});
