/**
 * The client on RabbitMQ and on the embedded broker.
 *
 * @module
 */

import assert from "node:assert/strict";
import { connect } from "process-queue/client";
import { openSqliteBroker } from "../../lib/engine/broker/sqlite/sqlite.ts";
import { withFolder } from "../fixtures/process/program_fixture.ts";
import { queueTest } from "../fixtures/rabbitmq/queue_fixture.ts";
import { METHOD } from "../fixtures/rabbitmq/proxy.ts";
import { until } from "../fixtures/until.ts";

queueTest("a client publishes to RabbitMQ, at once and later, and batches", async (fixture) => {
  const { queue, server } = fixture;
  await using client = await connect(server.url, { declare: true });
  const id = await client.publish(queue, { name: "Ada" });
  await client.publish(queue, { name: "later" }, { delaySeconds: 1 });
  assert.equal(await client.publishAll(queue, [{ name: "Bob" }, { name: "Cyd" }]), 2);
  const broker = await fixture.broker();
  const [first] = await broker.peek(queue, 1);
  assert.equal(first?.properties.messageId, id);
  await until("the last event is ready", async () => (await broker.depth(queue))?.ready === 4);
  const events = await broker.peek(queue, 10);
  assert.deepEqual(
    events.map(({ body }) => JSON.parse(new TextDecoder().decode(body)).name).toSorted(),
    ["Ada", "Bob", "Cyd", "later"],
  );
});

queueTest("a client publishes again after its connection is lost", async (fixture) => {
  const { queue, server } = fixture;
  const proxy = fixture.proxy();
  const notices: string[] = [];
  await using client = await connect(proxy.url(server.url), {
    declare: true,
    onNotice: (_level, message) => notices.push(message),
  });
  await client.publish(queue, { number: 0 });
  const sent = proxy.count(METHOD.basicPublish);
  proxy.onMethod = (...method) => {
    if (String(method) === String(METHOD.basicPublish)) {
      if (proxy.count(METHOD.basicPublish) === sent + 20) proxy.cut();
    }
  };
  const numbers = Array.from({ length: 50 }, (_, number) => ({ number }));
  assert.equal(await client.publishAll(queue, numbers), 50);
  const events = await (await fixture.broker()).peek(queue, 1000);
  const found = new Set(
    events.map(({ body }) => JSON.parse(new TextDecoder().decode(body)).number),
  );
  assert.equal(found.size, 50);
  assert(notices.some((text) => text.includes("was lost and is reconnecting")), notices.join());
});

queueTest("without a connection a client waits for a limited time", async (fixture) => {
  const { queue, server } = fixture;
  const proxy = fixture.proxy();
  const options = { declare: true, timeoutSeconds: 1, window: 1 };
  await using client = await connect(proxy.url(server.url), options);
  await client.publish(queue, {});
  await proxy.end();
  const failed = { name: "ClientError", kind: "timeout", message: /: there is no connection; it/ };
  const published = [1, 2].map((number) => client.publish(queue, { number }));
  for (const each of published) await assert.rejects(each, failed);
});

queueTest("errors of a connection name the URL that was given", async ({ server }) => {
  const url = new URL(server.url);
  url.password = "a secret";
  const shown = url.href.replace(/:a%20secret@/, ":***@");
  await assert.rejects(connect(url.href), (error: Error & { kind?: string }) => {
    assert.equal(error.name, "ClientError");
    assert.equal(error.kind, "login");
    assert(error.message.includes(`check the user and password of ${shown}`), error.message);
    assert.doesNotMatch(error.message, /AMQP_URL|RABBITMQ_|secret/);
    return true;
  });
  const closed = "amqp://guest:hidden@127.0.0.1:1/";
  await assert.rejects(connect(closed, { waitSeconds: 0 }), {
    kind: "unreachable",
    message: /check that it runs and that amqp:\/\/guest:\*\*\*@127\.0\.0\.1:1\/ names the right/,
  });
});

Deno.test("a client publishes to the embedded broker, by path, file or URL", async () => {
  await withFolder(async (folder) => {
    for (const url of [folder, `file://${folder}/`, `${folder}/broker.sqlite`]) {
      await using client = await connect(url, { declare: true });
      await client.publish("greetings", { url });
    }
    await using broker = await openSqliteBroker({ stateDir: folder });
    assert.equal((await broker.depth("greetings"))?.ready, 3);
  });
});

Deno.test("connect says what is wrong with an address", async () => {
  const cases: [url: string, message: string | RegExp][] = [
    ["", /^An empty text is no address of a broker: give amqp:\/\/, amqps:\/\/, or the folder/],
    ["http://user:secret@host/", /^http:\/\/user:\*\*\*@host\/ is no address of a broker/],
    ["amqp://user:se/cret@host:x/", /^amqp:\/\/user:\*\*\*@host:x\/ is no URL: percent-encode/],
    ["/nowhere/at/all", /^There is no folder \/nowhere\/at\/all: give the folder of the embedded/],
  ];
  for (const [url, message] of cases) {
    await assert.rejects(connect(url), { name: "ClientError", message });
  }
  await assert.rejects(connect("/", { window: 0 }), {
    message: "window is 0: give a whole number from 1 on",
  });
});

Deno.test("connect refuses times that no timer can wait for", async () => {
  const cases: readonly [options: object, message: string][] = [
    [
      { timeoutSeconds: Infinity },
      "timeoutSeconds is Infinity: give seconds above 0, at most 86400",
    ],
    [{ timeoutSeconds: 0 }, "timeoutSeconds is 0: give seconds above 0, at most 86400"],
    [{ waitSeconds: NaN }, "waitSeconds is NaN: give seconds from 0, at most 86400"],
    [{ waitSeconds: 1e9 }, "waitSeconds is 1000000000: give seconds from 0, at most 86400"],
  ];
  for (const [options, message] of cases) {
    await assert.rejects(connect("/", options), { name: "RangeError", message });
  }
});
