import assert from "node:assert/strict";
import type { Channel, ChannelModel } from "amqplib";
import { EventEmitter } from "node:events";
import { addressOf } from "../../../../lib/engine/broker/rabbitmq/errors.ts";
import { openRabbitmq } from "../../../../lib/engine/broker/rabbitmq/rabbitmq.ts";
import { Topology } from "../../../../lib/engine/broker/rabbitmq/topology.ts";
import { Client } from "../../../fixtures/rabbitmq/client.ts";
import { Engine } from "../../../fixtures/rabbitmq/engine.ts";
import { privateRabbitmqTest } from "../../../servers.ts";

type Arguments = Record<string, unknown>;

interface FakeBroker {
  readonly model: ChannelModel;
  /** The queues it was asked to make. */
  readonly made: Map<string, Arguments>;
  /** The types it was asked for, in order. */
  readonly types: unknown[];
}

/** A broker of a version, without queues. @param absent What it says when asked for one. */
function brokerOf(version: string, absent = "NOT_FOUND - no queue 'q' in vhost '/'"): FakeBroker {
  const made = new Map<string, Arguments>();
  const types: unknown[] = [];
  const createChannel = () => {
    const channel = new EventEmitter();
    return Promise.resolve(Object.assign(channel, {
      checkQueue: () => Promise.reject(Object.assign(new Error(absent), { code: 404 })),
      assertQueue(queue: string, options: { arguments: Arguments }) {
        made.set(queue, options.arguments);
        types.push(options.arguments["x-queue-type"]);
        return Promise.resolve({ queue, messageCount: 0, consumerCount: 0 });
      },
      close: () => Promise.resolve(void channel.emit("close")),
    }) as unknown as Channel);
  };
  const connection = { serverProperties: { version } };
  const model = Object.assign(new EventEmitter(), { connection, createChannel });
  return { model: model as unknown as ChannelModel, made, types };
}

const topology = (queueType: "classic" | "quorum") =>
  new Topology({ address: addressOf("amqp://guest:guest@127.0.0.1"), queueType });

const LIMITS: readonly [version: string, expected: Arguments][] = [
  ["3.10.8", { "x-queue-type": "quorum" }],
  ["3.13.7", { "x-queue-type": "quorum" }],
  ["4.0.0", { "x-queue-type": "quorum", "x-delivery-limit": -1 }],
  ["4.2.1", { "x-queue-type": "quorum", "x-delivery-limit": -1 }],
  ["10.0.0", { "x-queue-type": "quorum", "x-delivery-limit": -1 }],
];

for (const [version, expected] of LIMITS) {
  const limit = "x-delivery-limit" in expected ? "no delivery limit" : "what it has by itself";
  Deno.test(`a quorum queue that is made on RabbitMQ ${version} gets ${limit}`, async () => {
    const { model, made } = brokerOf(version);
    assert.deepEqual(await topology("quorum").declare(model, "q"), { isNew: true, ready: 0 });
    assert.deepEqual(made.get("q"), expected);
  });
}

Deno.test("a classic queue is made without arguments on every RabbitMQ, as Zulip declares it", async () => {
  for (const version of ["3.10.8", "4.2.1"]) {
    const { model, made } = brokerOf(version);
    await topology("classic").declare(model, "q");
    assert.deepEqual(made.get("q"), {});
  }
});

Deno.test("checkQuorum asks once, and only where quorum queues can be switched off", async () => {
  const old = brokerOf("3.11.9");
  const asking = topology("classic");
  await Promise.all(["q", "r"].map((queue) => asking.checkQuorum(old.model, queue)));
  await asking.checkQuorum(old.model, "s");
  assert.deepEqual(old.types, ["quorum", "stream"]);
  asking.forget();
  await asking.checkQuorum(old.model, "q");
  assert.equal(old.types.length, 4);
  const recent = brokerOf("3.12.0");
  await topology("classic").checkQuorum(recent.model, "q");
  assert.deepEqual(recent.types, []);
});

const UNAVAILABLE = [
  "home node 'rabbit@b' of durable queue 'q' in vhost '/' is down or inaccessible",
  "failed to perform operation on queue 'q' in vhost '/' due to timeout",
  "queue 'q' in vhost '/' process is stopped by supervisor",
  "queue 'q' in vhost '/' has crashed and failed to restart",
];
for (const why of UNAVAILABLE) {
  Deno.test(`a queue is not created again when the broker answers 404 because ${why}`, async () => {
    const { model, made } = brokerOf("3.10.8", `404 NOT_FOUND with message "NOT_FOUND - ${why}"`);
    await assert.rejects(topology("classic").declare(model, "q"), {
      kind: "unreachable",
      message: `Queue q exists but cannot be used now (NOT_FOUND - ${why}): start the node that ` +
        "has it; only a quorum queue outlives the loss of a node (see QUEUE_TYPE)",
    });
    assert.equal(made.size, 0);
  });
}

privateRabbitmqTest(
  "without the feature flag of quorum queues the start fails, where it can be off",
  {},
  async (node) => {
    await node.stop();
    await Deno.remove(`${node.folder}/data`, { recursive: true });
    const noFlags = "[{rabbit, [{forced_feature_flags_on_init, []}]}].\n";
    await Deno.writeTextFile(`${node.folder}/advanced.config`, noFlags);
    await node.start();
    if (await isAlwaysOn(node.url)) return await assertConsumes(node.url);
    for (const queueType of ["classic", "quorum"] as const) {
      await using broker = await openRabbitmq({ url: node.url, queueType });
      await assert.rejects(Engine.start({ broker, queue: "orders" }), {
        kind: "topology",
        message:
          /^RabbitMQ at 127\.0\.0\.1:\d+ refuses quorum queues with at-least-once dead-lettering, in which events wait for their retry: switch them on with rabbitmqctl enable_feature_flag quorum_queue \(INTERNAL_ERROR - .* feature flag is disabled\)$/,
      });
    }
    await node.ctl("enable_feature_flag", "quorum_queue");
    {
      await using broker = await openRabbitmq({ url: node.url });
      await assert.rejects(Engine.start({ broker, queue: "orders" }), {
        message: /rabbitmqctl enable_feature_flag stream_queue \(/,
      });
    }
    await node.ctl("enable_feature_flag", "stream_queue");
    await assertConsumes(node.url);
  },
);

/** Whether quorum queues and streams cannot be switched off. */
async function isAlwaysOn(url: string): Promise<boolean> {
  await using client = await Client.open(url);
  return client.isAtLeast(3, 12);
}

async function assertConsumes(url: string): Promise<void> {
  await using broker = await openRabbitmq({ url });
  await using engine = await Engine.start({ broker, queue: "orders" });
  await broker.publish("orders", "1");
  await engine.untilSettled("processed", 1);
}
