/**
 * The private servers and the test command themselves.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { connect } from "amqplib";
import { countsLine, judge, readSummary, together } from "../../scripts/test.ts";
import { attachRabbitmq, startRabbitmq } from "../../scripts/rabbitmq.ts";
import { postgresTest, privateRabbitmqTest, rabbitmqTest, uniqueQueue } from "../servers.ts";

async function publish(url: string, queue: string, text: string) {
  const connection = await connect(url);
  const channel = await connection.createConfirmChannel();
  await channel.assertQueue(queue, { durable: true });
  channel.sendToQueue(queue, Buffer.from(text), { persistent: true });
  await channel.waitForConfirms();
  await connection.close();
}

async function take(url: string, queue: string): Promise<string | undefined> {
  const connection = await connect(url);
  const channel = await connection.createChannel();
  const message = await channel.get(queue, { noAck: true });
  await connection.close();
  return message ? message.content.toString() : undefined;
}

privateRabbitmqTest(
  "a private node keeps its messages over a kill",
  {},
  async (node) => {
    const queue = uniqueQueue("kept");
    await publish(node.url, queue, "still here");
    // It writes of a new queue to its disk when it has time.
    await node.ctl("eval", "ok = mnesia:sync_log().");
    const { pid } = node;
    await node.kill();
    assert.equal(isRunning(pid), false);
    await assert.rejects(connect(node.url), /ECONNREFUSED/);
    await node.start();
    assert.equal(await take(node.url, queue), "still here");
  },
);

function isRunning(pid: number | undefined): boolean {
  const name = `/proc/${pid}/comm`;
  try {
    return Deno.readTextFileSync(name).trim() === "beam.smp";
  } catch {
    return false;
  }
}

rabbitmqTest("two nodes know nothing of each other", async (shared) => {
  await using other = await startRabbitmq({ tls: {} });
  const queue = uniqueQueue("alone");
  await publish(other.url, queue, "event");
  const attached = attachRabbitmq(other.describe());
  assert.match(
    await attached.ctl("-q", "list_queues", "name"),
    new RegExp(queue),
  );
  assert.doesNotMatch(
    await shared.ctl("-q", "list_queues", "name"),
    new RegExp(queue),
  );
  assert.equal(attached.tlsUrl, other.tlsUrl);
  await speakTls(other.tlsUrl, other.caFile);
});

async function speakTls(url: string | undefined, caFile: string | undefined) {
  assert.ok(url && caFile);
  const connection = await connect(url, {
    ca: [await Deno.readTextFile(caFile)],
  });
  await connection.close();
}

rabbitmqTest("rabbitmqctl's words are in the error", async (shared) => {
  await assert.rejects(shared.ctl("delete_vhost"), /not enough arguments/i);
});

postgresTest("a test has a database to itself", async ({ url }) => {
  const { Client } = (await import("pg")).default;
  const client = new Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query(
    "select count(*)::int as n from pg_stat_user_tables",
  );
  assert.deepEqual(rows, [{ n: 0 }]);
  await client.end();
});

Deno.test("the counts are read out of what deno test prints", () => {
  const read = (text: string) => {
    const counts = readSummary(text);
    return counts && countsLine(counts);
  };
  assert.equal(
    read(`ok | 3 passed | 0 failed (1s)\n`),
    "3 passed, 0 failed, 0 skipped",
  );
  assert.equal(
    read(
      "x\n\x1b[0m\x1b[31mFAILED\x1b[0m | 2 passed (1 step) | 3 failed (1 step) | 1 ignored (1 step) (29ms)\n\n",
    ),
    "2 passed, 3 failed, 1 skipped",
  );
  assert.equal(
    read("ok | 1 passed | 0 failed | 1 measured | 4 filtered out (2ms)\n"),
    "1 passed, 0 failed, 0 skipped",
  );
  assert.equal(
    read("ok | 9 passed | 0 failed\nFAILED | 0 passed | 1 failed\n"),
    "0 passed, 1 failed, 0 skipped",
  );
  assert.equal(read("error: Module not found\n"), undefined);
});

Deno.test("a failure of deno test is one when no test failed", () => {
  const passed = "ok | 3 passed | 0 failed (1s)\n";
  const failed = (
    printed: string,
    code: number,
    signal: string | null = null,
  ) => judge(printed, { code, signal }).counts.failed;
  assert.equal(failed(passed, 0), 0);
  assert.equal(failed(passed, 1), 1);
  assert.equal(failed("error: Module not found\n", 1), 1);
  assert.equal(failed("", 143, "SIGTERM"), 1);
  assert.equal(failed("FAILED | 0 passed | 2 failed (1s)\n", 1), 2);
});

Deno.test("several runs of deno test count together, and each says what went wrong", () => {
  const passed = judge("ok | 3 passed | 0 failed | 1 ignored (1s)\n", { code: 0, signal: null });
  const failed = judge("FAILED | 1 passed | 2 failed (1s)\n", { code: 1, signal: null });
  const broken = judge("", { code: 1, signal: null });
  assert.equal(countsLine(together([passed, passed]).counts), "6 passed, 0 failed, 2 skipped");
  assert.equal(countsLine(together([passed, failed]).counts), "4 passed, 2 failed, 1 skipped");
  assert.equal(together([passed, failed]).problem, undefined);
  assert.equal(countsLine(together([broken, passed]).counts), "3 passed, 1 failed, 1 skipped");
  assert.match(together([broken, passed]).problem ?? "", /before it ran all tests/);
});
