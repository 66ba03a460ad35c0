/**
 * What the engine promises about delivery, on RabbitMQ.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { BrokerError } from "../../../../lib/engine/broker/broker.ts";
import { Fail, RetryLater } from "../../../../lib/worker.ts";
import { METHOD } from "../../../fixtures/rabbitmq/proxy.ts";
import { World, worldTest } from "../../../fixtures/rabbitmq/world.ts";
import { until } from "../../../fixtures/until.ts";

function failOnce(_event: unknown, { event }: { event: { attempt: number } }): void {
  if (event.attempt === 1) throw new Error("not the first time");
}

function failAlways(): never {
  throw new TypeError("never");
}

/** A promise that a handler waits for, and its opening. */
function gate(): { readonly opened: Promise<void>; open(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
}

worldTest("a publish that is not confirmed in time is an error that says so", async (world) => {
  const proxy = world.proxy();
  const broker = await world.openBroker({
    url: proxy.url(world.server.url),
    publishTimeoutSeconds: 1,
  });
  await broker.declare(world.queue);
  await broker.publish(world.queue, "1");
  proxy.silence();
  await assert.rejects(broker.publish(world.queue, "2"), (error) => {
    assert.ok(error instanceof BrokerError);
    assert.equal(error.kind, "timeout");
    assert.equal(
      error.message,
      `An event for queue ${world.queue} was not confirmed within 1 s: no confirmation came; ` +
        `it may have been stored all the same`,
    );
    return true;
  });
});

worldTest("a publish waits for a lost connection, but not for ever", async (world) => {
  const proxy = world.proxy();
  const broker = await world.openBroker({
    url: proxy.url(world.server.url),
    publishTimeoutSeconds: 1,
  });
  await broker.declare(world.queue);
  await proxy[Symbol.asyncDispose]();
  await assert.rejects(
    broker.publish(world.queue, "1"),
    { kind: "timeout", message: /within 1 s: there is no connection/ },
  );
});

worldTest(
  "a publish is sent again when the connection is lost before it is confirmed",
  async (world) => {
    const proxy = world.proxy();
    const broker = await world.openBroker({ url: proxy.url(world.server.url) });
    await broker.declare(world.queue);
    await broker.publish(world.queue, "first");
    let published = 0;
    proxy.onMethod = (...method) => {
      if (String(method) === String(METHOD.basicPublish) && ++published === 500) proxy.cut();
    };
    await Promise.all(
      Array.from({ length: 1000 }, (_, i) => broker.publish(world.queue, String(i))),
    );
    const bodies = (await broker.peek(world.queue, 10_000)).map(({ body }) =>
      new TextDecoder().decode(body)
    );
    assert.equal(new Set(bodies).size, 1001);
  },
);

worldTest(
  "an event that the broker refuses is refused alone, and no channels pile up",
  async (world) => {
    const broker = await world.openBroker({ name: world.queue });
    await broker.declare(world.queue);
    const results = await Promise.allSettled(
      Array.from(
        { length: 5000 },
        (_, i) =>
          broker.publish(world.queue, String(i), i === 100 ? { userId: "somebody-else" } : {}),
      ),
    );
    const refused = results.flatMap((result) =>
      result.status === "rejected" ? [result.reason] : []
    );
    assert.equal(refused.length, 1);
    assert.equal(refused[0].kind, "refused");
    assert.match(
      refused[0].message,
      /did not take an event for queue .* \(.*user_id property set to 'somebody-else'/,
    );
    await broker.publish(world.queue, "last");
    const connections = await world.server.ctl(
      "list_connections",
      "--quiet",
      "client_properties",
      "channels",
    );
    const ours = connections.split("\n").filter((line) => line.includes(world.queue));
    const channels = ours.map((line) => Number(line.split("\t").at(-1)));
    assert.deepEqual(channels.toSorted(), [0, 1]);
  },
);

const COPIES: readonly [title: string, thrown: Error, copies: string][] = [
  ["retry", new RetryLater({ after: 60 }), "retry.60s"],
  ["dead letter", new Fail("never"), "failed"],
];
for (const [title, thrown, copies] of COPIES) {
  worldTest(`a ${title} is confirmed before the original is acknowledged`, async (world) => {
    await assertConfirmedFirst(world, thrown, copies);
  });
}

/** The event of which the broker cannot confirm the copy is not acknowledged. */
async function assertConfirmedFirst(world: World, thrown: Error, copies: string): Promise<void> {
  const proxy = world.proxy();
  const broker = await world.openBroker({ url: proxy.url(world.server.url) });
  const last = gate();
  const engine = await world.start({
    broker,
    consume: async (event) => {
      if (event === "last") await last.opened;
      throw thrown;
    },
  });
  await world.client.publish(world.queue, '"first"');
  await until("the first was acknowledged", () => proxy.count(METHOD.basicAck) === 1);
  await world.client.publish(world.queue, '"last"');
  await engine.untilRan(2);
  proxy.silence();
  last.open();
  const queue = `${world.queue}.${copies}`;
  await until("the copy is there", async () => await world.client.ready(queue) === 2);
  assert.equal(proxy.count(METHOD.basicAck), 1);
  const unacknowledged = await world.listQueues("messages_unacknowledged");
  assert.deepEqual(unacknowledged, ["Q\t1", `Q.${copies}\t0`]);
  proxy.cut();
}

worldTest("an event that runs is not started a second time beside itself", async (world) => {
  const first = gate();
  await world.client.channel.assertQueue(world.queue);
  const engine = await world.start({
    concurrency: 2,
    consume: (event) => event === "same" ? first.opened : undefined,
  });
  for (const id of ["1", "1", "2"]) {
    const body = JSON.stringify(id === "1" ? "same" : "other");
    await world.client.publish(world.queue, body, { messageId: id });
  }
  await engine.untilSettled("processed", 1);
  assert.deepEqual(engine.events, ["same", "other"]);
  assert.equal(engine.consumer.inFlight, 2);
  first.open();
  await engine.untilSettled("processed", 3);
  assert.deepEqual(engine.events, ["same", "other", "same"]);
});

worldTest("cutting the connection at any frame loses nothing and parks no queue", async (world) => {
  await Promise.all(Array.from({ length: 40 }, (_, i) => runWithCut(world, i + 1)));
});

/** Three events that fail once, while the connections are cut at the frame of that number. */
async function runWithCut({ server }: World, cutAt: number): Promise<void> {
  await using world = await World.open(server, "cut");
  const proxy = world.proxy();
  const broker = await world.openBroker({ url: proxy.url(server.url) });
  await world.client.channel.assertQueue(world.queue);
  for (const event of [1, 2, 3]) {
    await world.client.publish(world.queue, String(event), { messageId: `m${event}` });
  }
  let frames = 0;
  proxy.onMethod = () => {
    if (++frames === cutAt) proxy.cut();
  };
  const engine = await world.start({ broker, consume: failOnce, prefetch: 2 });
  await until(
    `all ran a second time, cut at frame ${cutAt}: ${JSON.stringify(engine.ledger)}`,
    () =>
      new Set(engine.ledger.filter((run) => run.attempt > 1).map((run) => run.event)).size === 3,
    20,
  );
  await until("all was acknowledged", async () => await world.client.ready(world.queue) === 0);
  const complaints = engine.notices.filter((text) => /parked|error:/.test(text));
  assert.deepEqual(complaints, [], `cut at frame ${cutAt}`);
}

worldTest(
  "an event that comes again while its copy waits to be stored is not lost",
  async (world) => {
    const proxy = world.proxy();
    const broker = await world.openBroker({ url: proxy.url(world.server.url) });
    const first = gate();
    const engine = await world.start({
      broker,
      consume: async (event, context) => {
        await first.opened;
        failOnce(event, context);
      },
    });
    await world.client.publish(world.queue, "1", { messageId: "m" });
    await engine.untilRan(1);
    proxy.refusing = /\(publish\)/;
    const cutAndComeAgain = async () => {
      const consumed = proxy.count(METHOD.basicConsume);
      proxy.cut();
      await until("it consumes again", () => proxy.count(METHOD.basicConsume) > consumed);
      await until(
        "it is out again",
        async () =>
          (await world.listQueues("messages_unacknowledged", "consumers"))[0] === "Q\t1\t1",
      );
    };
    await cutAndComeAgain();
    first.open();
    const retry = `${world.queue}.retry.1s`;
    await until("the copy waits", async () => await world.client.ready(retry) === 0);
    await cutAndComeAgain();
    proxy.refusing = undefined;
    await until("it ran a second time", () => engine.ledger.some(({ attempt }) => attempt === 2));
    assert.deepEqual(engine.notices.filter((text) => text.includes("parked")), []);
  },
);

worldTest("a retry queue is a quorum queue that hands over at least once", async (world) => {
  const engine = await world.start({ consume: failOnce });
  await world.client.publish(world.queue, "1");
  await engine.untilRan(2);
  assert.deepEqual(engine.ledger.map(({ attempt }) => attempt), [1, 2]);
  const [main = "", retry = "", ...others] = await world.listQueues("type", "durable", "arguments");
  assert.equal(others.length, 0);
  assert.equal(main, "Q\tclassic\ttrue\t[]");
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

worldTest("a delay is rounded up to the ladder, and jitters by up to a tenth", async (world) => {
  const engine = await world.start({ consume: failAlways, retries: [3], prefetch: 100 });
  for (let i = 0; i < 20; i++) await world.client.publish(world.queue, String(i));
  await engine.untilSettled("retried", 20);
  const waits: number[] = [];
  for (let i = 0; i < 20; i++) {
    const copy = await world.client.take(`${world.queue}.retry.5s`);
    waits.push(Number(copy?.properties.expiration));
  }
  assert.ok(waits.every((wait) => wait >= 4500 && wait <= 5000), String(waits));
  assert.ok(new Set(waits).size > 3, String(waits));
});

worldTest("a delay beyond the ladder waits on its last step and says until when", async (world) => {
  const engine = await world.start({
    consume: () => {
      throw new RetryLater({ after: 100_000 });
    },
  });
  const due = Date.now() + 100_000_000;
  await world.client.publish(world.queue, "1");
  await engine.untilSettled("retried", 1);
  const copy = await world.client.take(`${world.queue}.retry.86400s`);
  const notBefore = copy?.properties.headers?.["x-pq-not-before"];
  assert.ok(Math.abs(notBefore - due) < 5000, `${notBefore - due}`);
  assert.equal(copy?.properties.headers?.["x-pq-attempts"], 1);
});

worldTest("an event that is not due waits on, and is neither run nor counted", async (world) => {
  const engine = await world.start();
  const headers = { "x-pq-not-before": Date.now() + 3_600_000, "x-pq-attempts": 1, mine: "yes" };
  await world.client.publish(world.queue, "1", { headers, messageId: "m" });
  const copy = await until("it waits", () => world.client.take(`${world.queue}.retry.3600s`));
  assert.equal(copy.properties.messageId, "m");
  assert.deepEqual(
    [copy.properties.headers?.["x-pq-attempts"], copy.properties.headers?.mine],
    [1, "yes"],
  );
  assert.equal(engine.ledger.length, 0);
  assert.equal(engine.consumer.totals.retried, 0);
});

worldTest("an event whose retry queue was deleted gets a new one", async (world) => {
  const engine = await world.start({ consume: failOnce });
  await world.client.publish(world.queue, "1");
  await engine.untilRan(2);
  await world.client.channel.deleteQueue(`${world.queue}.retry.1s`);
  await world.client.publish(world.queue, "2");
  await engine.untilRan(4);
  assert.deepEqual(engine.events, [1, 1, 2, 2]);
});

worldTest("an event whose queue of failed ones was deleted gets a new one", async (world) => {
  const engine = await world.start({ consume: failAlways, retries: [] });
  for (const body of ["1", "2"]) {
    await world.client.publish(world.queue, body);
    const letter = await until(
      "it is a dead letter",
      () => world.client.take(`${world.queue}.failed`),
    );
    assert.equal(letter.content.toString(), body);
    await engine.untilSettled("failed", Number(body));
    await world.client.channel.deleteQueue(`${world.queue}.failed`);
  }
});

worldTest("events wait out a retry queue that is no longer configured", async (world) => {
  const before = await world.start({ consume: failAlways, retries: [1] });
  await world.client.publish(world.queue, "1");
  await before.untilSettled("retried", 1);
  await before.stop();
  const after = await world.start({ retries: [5] });
  await after.untilRan(1);
  assert.deepEqual(after.ledger, [{ event: 1, attempt: 2 }]);
});

worldTest(
  "a dead letter goes to a durable classic queue, also from a quorum queue",
  async (world) => {
    const broker = await world.openBroker({ queueType: "quorum", version: "1.2.3" });
    const engine = await world.start({ broker, consume: failAlways, retries: [] });
    await world.client.publish(world.queue, ' {"a": 1}\n');
    await engine.untilSettled("failed", 1);
    assert.deepEqual(await world.listQueues("type", "durable", "arguments"), [
      'Q\tquorum\ttrue\t[{"x-queue-type","quorum"}]',
      'Q.failed\tclassic\ttrue\t[{"x-queue-type","classic"}]',
    ]);
    const letter = await world.client.take(`${world.queue}.failed`);
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

worldTest(
  "what the broker would act on does nothing in a dead letter or a retry",
  async (world) => {
    const elsewhere = world.anotherQueue();
    await world.client.channel.assertQueue(elsewhere);
    const engine = await world.start({ consume: failAlways, retries: [1] });
    await world.client.publish(world.queue, "1", {
      expiration: "3600000",
      userId: "guest",
      CC: [elsewhere],
      headers: { "x-match": "mine" },
    });
    await engine.untilSettled("retried", 1);
    await engine.untilSettled("failed", 1);
    const letter = await world.client.take(`${world.queue}.failed`);
    assert.equal(letter?.properties.expiration, undefined);
    assert.equal(letter?.properties.userId, undefined);
    const headers = letter?.properties.headers ?? {};
    assert.equal(headers["x-original-expiration"], "3600000");
    assert.equal(headers["x-original-user_id"], "guest");
    assert.deepEqual(headers["x-original-CC"], [elsewhere]);
    assert.equal(headers.CC, undefined);
    assert.equal(headers["x-match"], "mine");
    assert.equal(await world.client.ready(elsewhere), 1);
  },
);

worldTest("acknowledgements are sent in multiples", async (world) => {
  const proxy = world.proxy();
  const broker = await world.openBroker({ url: proxy.url(world.server.url) });
  await world.client.channel.assertQueue(world.queue);
  for (let i = 0; i < 2000; i++) {
    world.client.channel.sendToQueue(world.queue, Buffer.from(String(i)));
  }
  await world.client.channel.waitForConfirms();
  const engine = await world.start({ broker });
  await engine.untilSettled("processed", 2000);
  await engine.stop();
  assert.equal(await world.client.ready(world.queue), 0);
  const acks = proxy.count(METHOD.basicAck);
  assert.ok(acks <= 200, `${acks} acknowledgements for 2000 events`);
});

worldTest("an acknowledgement in multiples covers no event that still runs", async (world) => {
  const slow = gate();
  const engine = await world.start({
    concurrency: 4,
    prefetch: 20,
    consume: async (event) => {
      if (event === 0) await slow.opened;
    },
  });
  for (let i = 0; i < 200; i++) await world.client.publish(world.queue, String(i));
  await engine.untilSettled("processed", 199);
  assert.notDeepEqual(await world.listQueues("messages_unacknowledged"), ["Q\t0"]);
  await engine.stop(0);
  // A process that ends closes its connections.
  await (await world.broker())[Symbol.asyncDispose]();
  const back = await until("it is back", () => world.client.take(world.queue));
  assert.equal(back.content.toString(), "0");
  assert.equal(await world.client.take(world.queue), undefined);
  slow.open();
});

const EXISTING = {
  "classic": {},
  "quorum": { "x-queue-type": "quorum" },
  "lazy": { "x-queue-mode": "lazy", "x-max-length": 1000 },
  "priority": { "x-max-priority": 5 },
};
for (const [name, queueArguments] of Object.entries(EXISTING)) {
  for (const queueType of ["classic", "quorum"] as const) {
    worldTest(
      `an existing ${name} queue is used as it is where ${queueType} is made`,
      async (world) => {
        await world.client.channel.assertQueue(world.queue, { arguments: queueArguments });
        const before = await world.listQueues("type", "arguments");
        await world.client.publish(world.queue, "1");
        const engine = await world.start({ broker: await world.openBroker({ queueType }) });
        await engine.untilSettled("processed", 1);
        assert.deepEqual(await world.listQueues("type", "arguments"), before);
      },
    );
  }
}

worldTest("an existing queue that is not durable is used as it is", async (world) => {
  await world.client.channel.assertQueue(world.queue, { durable: false });
  const engine = await world.start();
  await world.client.publish(world.queue, "1");
  await engine.untilSettled("processed", 1);
});

worldTest(
  "a queue made here can be declared by Zulip: durable, without arguments",
  async (world) => {
    await (await world.broker()).declare(world.queue);
    await world.client.channel.assertQueue(world.queue, { durable: true });
  },
);

worldTest("an event given back by a stopping process is not counted", async (world) => {
  const never = gate();
  const broker = await world.openBroker({ queueType: "quorum" });
  const first = await world.start({ broker, consume: () => never.opened });
  await world.client.publish(world.queue, "1");
  await first.untilRan(1);
  await first.stop(0);
  // A process that ends closes its connections.
  await broker[Symbol.asyncDispose]();
  const second = await world.start();
  await second.untilSettled("processed", 1);
  assert.deepEqual(second.ledger, [{ event: 1, attempt: 1 }]);
  never.open();
});

worldTest("it is said once that an event is near its delivery limit", async (world) => {
  const arguments_ = { "x-queue-type": "quorum" };
  await world.client.channel.assertQueue(world.queue, { durable: true, arguments: arguments_ });
  await world.client.publish(world.queue, "1");
  const broker = await world.openBroker();
  let deliveries = 0;
  const done = Promise.withResolvers<void>();
  const subscription = broker.subscribe(world.queue, {
    onDelivery(delivery) {
      const kind = ++deliveries === 13 ? "done" : "release";
      void subscription.settle(delivery, { kind });
      if (kind === "done") done.resolve();
    },
    onLost: () => {},
  });
  await subscription.resume(1);
  await done.promise;
  await subscription.close();
  assert.deepEqual(world.notices, [
    `warning: An event of queue ${world.queue} was requeued 10 times: a quorum queue drops ` +
    "events beyond its delivery limit, 20 by default on RabbitMQ 4. Set delivery-limit to -1 by a " +
    "policy (before RabbitMQ 4: set none)",
  ]);
});

worldTest(
  "a queue that is deleted is declared again, with one line that says what was lost",
  async (world) => {
    const first = gate();
    for (let i = 0; i < 4; i++) {
      await world.client.channel.assertQueue(world.queue);
      await world.client.publish(world.queue, String(i));
    }
    const engine = await world.start({ prefetch: 1, consume: () => first.opened });
    await engine.untilRan(1);
    await world.client.channel.deleteQueue(world.queue);
    first.open();
    await until(
      "it was declared again",
      () => world.client.ready(world.queue).then((n) => n === 0),
    );
    await world.client.publish(world.queue, "4");
    await until("consumption goes on", () => engine.events.includes(4));
    const errors = world.notices.filter((text) => text.startsWith("error:"));
    assert.equal(errors.length, 1, world.notices.join("\n"));
    assert.match(
      errors[0] ?? "",
      /^error: Queue world-\w+ was deleted, with about 4 \(ready \d+ s before\) of its events: it is declared again and consumed$/,
    );
  },
);

worldTest("a whole process has two connections, however many queues it consumes", async (world) => {
  const broker = await world.openBroker({ name: world.queue });
  for (let i = 0; i < 4; i++) {
    const queue = world.anotherQueue();
    const engine = await world.start({ broker, queue, consume: failOnce });
    await world.client.publish(queue, "1");
    await engine.untilSettled("processed", 1);
  }
  const connections = await world.server.ctl("list_connections", "--quiet", "client_properties");
  const names = connections.split("\n").filter((line) => line.includes(world.queue))
    .map((line) => /\((consume|publish)\)/.exec(line)?.[1]);
  assert.deepEqual(names.toSorted(), ["consume", "publish"]);
});

worldTest(
  "a retry queue with other arguments parks the queue and says what to do",
  async (world) => {
    await world.client.channel.assertQueue(`${world.queue}.retry.1s`);
    const engine = await world.start({ consume: failAlways, retries: [1] });
    await world.client.publish(world.queue, "1");
    const parked = await until("it is parked", () => engine.notices[0]);
    assert.match(
      parked,
      /^error: Queue world-\w+ is parked for 300 s: an event could neither be retried nor dead-lettered, and is back in its queue \(Queue world-\w+\.retry\.1s exists with other arguments \(PRECONDITION_FAILED - inequivalent arg 'x-\S+' for queue 'world-\w+\.retry\.1s' in vhost '\/': .*\): when it is empty, delete it with rabbitmqctl delete_queue world-\w+\.retry\.1s, and it is declared again when it is needed\)$/,
    );
    await until("it is back", async () => await world.client.ready(world.queue) === 1);
    assert.equal(engine.ledger.length, 1);
  },
);

worldTest(
  "an event that nobody takes stays in its queue, and is tried again later",
  async (world) => {
    await world.client.channel.assertQueue(`${world.queue}.failed`, {
      arguments: { "x-max-length": 0, "x-overflow": "reject-publish" },
    });
    const engine = await world.start({ consume: failAlways, retries: [], parkSeconds: 1 });
    await world.client.publish(world.queue, "1");
    const parked = await until("it is parked", () => engine.notices[0]);
    assert.match(
      parked,
      /is parked for 1 s: .* did not take an event for queue .*\.failed: it may be full/,
    );
    await until("it is back", async () => await world.client.ready(world.queue) === 1);
    await world.client.channel.deleteQueue(`${world.queue}.failed`);
    const letter = await until(
      "it is a dead letter",
      () => world.client.take(`${world.queue}.failed`),
    );
    assert.equal(letter.content.toString(), "1");
    assert.ok(engine.ledger.length <= 4, `it ran ${engine.ledger.length} times`);
  },
);

worldTest("closing ends in time while the connection is lost or does not answer", async (world) => {
  for (const trouble of ["cut", "silence", "end"] as const) {
    const proxy = world.proxy();
    const broker = await world.openBroker({ url: proxy.url(world.server.url) });
    const engine = await world.start({ broker });
    await proxy[trouble]();
    const since = performance.now();
    await engine.stop(0);
    await broker[Symbol.asyncDispose]();
    const seconds = (performance.now() - since) / 1000;
    assert.ok(seconds < 15, `${trouble}: it took ${seconds} s`);
    await until("no connection is left", () => proxy.connections === 0);
  }
});

worldTest(
  "headers that cannot be sent are refused, and disturb no other publish",
  async (world) => {
    const broker = await world.broker();
    await broker.declare(world.queue);
    const others = Array.from({ length: 20 }, (_, i) => broker.publish(world.queue, String(i)));
    for (const value of [NaN, Infinity, [{ deep: -Infinity }], "x".repeat(70_000), () => {}]) {
      await assert.rejects(broker.publish(world.queue, "1", { headers: { value } }), {
        kind: "refused",
        message: /^The properties of an event for queue world-\w+ cannot be sent: /,
      });
    }
    await Promise.all(others);
    assert.deepEqual(world.notices, []);
  },
);

worldTest("closing ends a start that waits for the broker", async (world) => {
  const proxy = world.proxy();
  const broker = await world.openBroker({ url: proxy.url(world.server.url) });
  await proxy.end();
  const subscription = broker.subscribe(world.queue, { onDelivery() {}, onLost() {} });
  const resumed = subscription.resume(1);
  await subscription.close();
  await resumed;
});

worldTest("what waits too long for its turn goes to another process, uncounted", async (world) => {
  const never = gate();
  const busy = await world.start({
    limits: { windowSeconds: 1 },
    consume: () => never.opened,
  });
  for (let i = 0; i < 5; i++) await world.client.publish(world.queue, String(i));
  await busy.untilRan(1);
  const idle = await world.start({ broker: await world.openBroker() });
  await until("the other process ran the rest", () => new Set(idle.events).size === 4);
  assert.ok(idle.ledger.every(({ attempt }) => attempt === 1));
  assert.deepEqual(busy.events, [0]);
  never.open();
  await busy.untilSettled("processed", 1);
});

worldTest("no more bytes wait here than the window may have", async (world) => {
  const first = gate();
  await world.client.channel.assertQueue(world.queue);
  const body = JSON.stringify("x".repeat(1_000_000));
  for (let i = 0; i < 20; i++) await world.client.publish(world.queue, body);
  const engine = await world.start({
    limits: { windowBytes: 4_100_000 },
    consume: () => first.opened,
  });
  await engine.untilRan(1);
  await until("the rest is back", async () => await world.client.ready(world.queue) === 16);
  assert.equal(engine.consumer.inFlight, 4);
  first.open();
  await engine.untilSettled("processed", 20);
  assert.equal(engine.ledger.length, 20);
});
