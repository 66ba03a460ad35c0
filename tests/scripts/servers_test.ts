/**
 * The private servers of tests, benchmarks and development.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { connect } from "amqplib";
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
