/**
 * Refusals of the broker. At the start they end the process, each with a message that says what to
 * do; once the broker has been used, the process tries again.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { BrokerErrorKind } from "../../../../lib/engine/broker/broker.ts";
import { certificatesOf, outOfDate } from "../../../../lib/engine/broker/rabbitmq/certificates.ts";
import {
  openRabbitmq,
  type RabbitmqOptions,
} from "../../../../lib/engine/broker/rabbitmq/rabbitmq.ts";
import { assertWithin } from "../../../fixtures/pace.ts";
import { Client } from "../../../fixtures/rabbitmq/client.ts";
import { Engine } from "../../../fixtures/rabbitmq/engine.ts";
import { Proxy } from "../../../fixtures/rabbitmq/proxy.ts";
import { QueueFixture, queueTest } from "../../../fixtures/rabbitmq/queue_fixture.ts";
import { until } from "../../../fixtures/until.ts";
import { privateRabbitmqTest, rabbitmqTest, uniqueQueue } from "../../../servers.ts";

/** The URL with some parts replaced. */
function change(url: string, parts: Partial<URL>): string {
  return Object.assign(new URL(url), parts).href;
}

/** Asserts that the broker is refused, and at once. */
async function assertRefused(
  options: RabbitmqOptions,
  kind: BrokerErrorKind,
  message: RegExp | string,
  seconds = 3,
): Promise<void> {
  const since = performance.now();
  await assert.rejects(openRabbitmq(options), { name: "BrokerError", kind, message });
  await assertWithin(performance.now() - since, 1000 * seconds, "the refusal");
}

/** Adds a user, who may configure, write and read what matches the patterns, if given. */
async function withUser(
  { server }: QueueFixture,
  patterns: readonly string[],
  use: (url: string, user: string) => Promise<void>,
): Promise<void> {
  const user = uniqueQueue("user");
  await server.ctl("add_user", user, PASSWORD);
  try {
    if (patterns.length > 0) await server.ctl("set_permissions", user, ...patterns);
    await use(change(server.url, { username: user, password: encodeURIComponent(PASSWORD) }), user);
  } finally {
    await server.ctl("delete_user", user);
  }
}

const PASSWORD = "pass wörd/%41:@?#é";

rabbitmqTest("a wrong password is refused at once, and not shown", async ({ url, port }) => {
  await assertRefused(
    { url: change(url, { password: "hush-hush" }) },
    "login",
    `RabbitMQ at 127.0.0.1:${port} refused the login of user guest: check the user and password ` +
      `of AMQP_URL (or RABBITMQ_USERNAME and RABBITMQ_PASSWORD)`,
  );
});

rabbitmqTest("an unknown user is refused at once", async ({ url }) => {
  await assertRefused(
    { url: change(url, { username: "nobody%40home" }) },
    "login",
    /refused the login of user nobody@home:/,
  );
});

rabbitmqTest("a virtual host that does not exist is refused at once", async ({ url, port }) => {
  await assertRefused(
    { url: change(url, { pathname: "/not%2Fthere" }) },
    "vhost",
    refusedVhost(port, "guest", "not/there"),
  );
});

queueTest("a virtual host without access is refused at once", async (fixture) => {
  await withUser(
    fixture,
    [],
    (url, user) => assertRefused({ url }, "vhost", refusedVhost(fixture.server.port, user, "/")),
  );
});

function refusedVhost(port: number, user: string, vhost: string): string {
  return `RabbitMQ at 127.0.0.1:${port} refuses user ${user} access to the virtual host ${vhost}: check ` +
    `that it exists (rabbitmqctl list_vhosts), that the path of AMQP_URL or RABBITMQ_VHOST names ` +
    `it, that it is up and takes more connections, and that the user may use it ` +
    `(rabbitmqctl set_permissions -p ${vhost} ${user} ".*" ".*" ".*")`;
}

queueTest("a password with all kinds of characters is sent as it is", async (fixture) => {
  await withUser(fixture, [".*", ".*", ".*"], async (url) => {
    await using broker = await openRabbitmq({ url });
    await broker.declare(fixture.queue);
  });
});

const PATTERNS = {
  "create its queue": ["^nothing$", ".*", ".*"],
  "read from its queue": [".*", ".*", "^nothing$"],
};
for (const [deed, patterns] of Object.entries(PATTERNS)) {
  queueTest(`a user who may not ${deed} is refused with what to grant`, async (fixture) => {
    if (deed.startsWith("read")) await fixture.client.channel.assertQueue(fixture.queue);
    await withUser(fixture, patterns, async (url, user) => {
      const broker = await fixture.openBroker({ url });
      const { queue } = fixture;
      await assert.rejects(fixture.start({ broker }), {
        kind: "permission",
        message: new RegExp(
          `^User ${user} may not use queue ${queue} \\(ACCESS_REFUSED - .*\\): grant configure, ` +
            `write and read with rabbitmqctl set_permissions -p / ${user} "\\.\\*" "\\.\\*" ` +
            `"\\.\\*", or narrower patterns that match ${queue}, ${queue}\\.retry\\.\\* and ` +
            `${queue}\\.failed$`,
        ),
      });
      await broker[Symbol.asyncDispose]();
    });
  });
}

queueTest(
  "a user without the right to publish gets an error, and the event stays",
  async (fixture) => {
    await fixture.client.channel.assertQueue(fixture.queue);
    await withUser(fixture, [".*", "^nothing$", ".*"], async (url, user) => {
      const broker = await fixture.openBroker({ url });
      await assert.rejects(broker.publish(fixture.queue, "1"), {
        kind: "permission",
        message: new RegExp(`^User ${user} may not use queue ${fixture.queue} \\(ACCESS_REFUSED`),
      });
      const engine = await fixture.start({
        broker,
        prefetch: 8,
        consume: () => {
          throw new Error("never");
        },
      });
      for (const body of "1234") await fixture.client.publish(fixture.queue, body);
      const parked = await until("it is parked", () => engine.notices[0]);
      assert.match(parked, /is parked .* may not use queue .*\.retry\.1s \(ACCESS_REFUSED/);
      await engine.stop();
      await broker[Symbol.asyncDispose]();
      assert.equal(await fixture.client.ready(fixture.queue), 4);
    });
  },
);

queueTest(
  "an exclusive queue of another connection is refused with what to do",
  async (fixture) => {
    await using other = await Client.open(fixture.server.url);
    await other.channel.assertQueue(fixture.queue, { exclusive: true });
    await assert.rejects(fixture.start(), {
      kind: "topology",
      message: new RegExp(
        `^Queue ${fixture.queue} is exclusive to another connection \\(RESOURCE_LOCKED - .*\\): stop ` +
          `that program, or give the queue another name$`,
      ),
    });
  },
);

queueTest("a queue in exclusive use is tried again within seconds", async (fixture) => {
  const { channel } = fixture.client;
  await channel.assertQueue(fixture.queue);
  const { consumerTag } = await channel.consume(fixture.queue, () => {}, { exclusive: true });
  const starting = fixture.start();
  await until(
    "it was said",
    () =>
      fixture.notices.some((text) => text.includes("is consumed by another program that lets no")),
  );
  await channel.cancel(consumerTag);
  const freed = performance.now();
  const engine = await starting;
  await fixture.client.publish(fixture.queue, "1");
  await engine.untilSettled("processed", 1);
  await assertWithin(performance.now() - freed, 10_000, "consuming it");
});

Deno.test("a port that nobody listens on is an error once the time to wait is over", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const since = performance.now();
  await assertRefused(
    { url: `amqp://127.0.0.1:${port}`, waitSeconds: 1 },
    "unreachable",
    new RegExp(
      `^RabbitMQ at 127.0.0.1:${port} cannot be reached \\(connect ECONNREFUSED.*\\): check that it ` +
        `runs and that AMQP_URL \\(or RABBITMQ_HOST and RABBITMQ_PORT\\) names the right place$`,
    ),
    5,
  );
  assert.ok(performance.now() - since > 900);
});

Deno.test("a port that accepts and never answers is an error in time", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connections: Deno.TcpConn[] = [];
  const accepting = (async () => {
    for await (const connection of listener) connections.push(connection);
  })();
  await assertRefused(
    { url: `amqp://127.0.0.1:${listener.addr.port}`, waitSeconds: 1 },
    "unreachable",
    /cannot be reached \(no answer within 1 s\): check that it runs/,
    5,
  );
  listener.close();
  connections.forEach((connection) => connection.close());
  await accepting;
});

Deno.test("a host without an address is an error once the time to wait is over", async () => {
  await assertRefused(
    { url: "amqp://no-such-host.invalid", waitSeconds: 2 },
    "unreachable",
    /^RabbitMQ at no-such-host\.invalid:5672 cannot be reached \(.*\): no address of that name is/,
    6,
  );
});

Deno.test("a server that speaks something else is an error", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const answering = (async () => {
    for await (const connection of listener) {
      await connection.write(new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n\r\n"));
      connection.close();
    }
  })();
  await assertRefused(
    { url: `amqp://127.0.0.1:${listener.addr.port}`, waitSeconds: 0 },
    "unreachable",
    /cannot be reached \(/,
  );
  listener.close();
  await answering;
});

privateRabbitmqTest("TLS", { tls: {} }, async (node, t) => {
  const url = node.tlsUrl ?? "";
  const ca = await Deno.readTextFile(node.caFile ?? "");

  await t.step("a certificate that does not verify is refused with what to do", () =>
    assertRefused(
      { url },
      "tls",
      /^The TLS connection to 127\.0\.0\.1:\d+ could not be made \(.*\): name the authority that signed the broker's certificate with AMQP_CA_FILE$/,
    ));

  await t.step("with the authority's file it works, by address and by name", async () => {
    for (const hostname of ["127.0.0.1", "localhost"]) {
      const queue = uniqueQueue("tls");
      await using broker = await openRabbitmq({ url: change(url, { hostname }), ca });
      await using engine = await Engine.start({ broker, queue });
      await broker.publish(queue, "1");
      await engine.untilSettled("processed", 1);
    }
  });

  await t.step("the dates of the broker's certificate are read", async () => {
    const { hostname, port } = new URL(url);
    const [shown] = await certificatesOf(`amqps://${hostname}:${port}`, {});
    const later = Date.now() + 31 * 86_400_000;
    assert.equal(outOfDate(shown ? [shown] : [], Date.now()), undefined);
    assert.match(
      outOfDate(shown ? [shown] : [], later) ?? "",
      /^the broker's certificate has expired, on /,
    );
  });

  await t.step("a plain port is refused", () =>
    assertRefused(
      { url: change(url, { port: String(node.port) }), ca },
      "tls",
      /check that the port is the one for TLS$/,
    ));

  await t.step(
    "plain AMQP to the port for TLS is an error once the time to wait is over",
    () =>
      assertRefused(
        { url: change(node.url, { port: new URL(url).port }), waitSeconds: 1 },
        "unreachable",
        /cannot be reached \(/,
        5,
      ),
  );
});

privateRabbitmqTest(
  "client certificates",
  { tls: { clientCertificate: true } },
  async (node, t) => {
    const url = node.tlsUrl ?? "";
    const [ca, cert, key] = await Promise.all(
      [node.caFile, node.clientCertFile, node.clientKeyFile]
        .map((path) => Deno.readTextFile(path ?? "")),
    );

    await t.step("without one the broker is refused with what to do", () =>
      assertRefused(
        { url, ca },
        "tls",
        /the broker wants a certificate of this program: name it and its key with AMQP_CERT_FILE and AMQP_KEY_FILE$/,
      ));

    await t.step("with one it works", async () => {
      const queue = uniqueQueue("tls");
      await using broker = await openRabbitmq({ url, ca, cert, key });
      await using engine = await Engine.start({ broker, queue });
      await broker.publish(queue, "1");
      await engine.untilSettled("processed", 1);
    });
  },
);

privateRabbitmqTest("after the first success nothing is fatal", {}, async (node, t) => {
  await t.step("a user that is deleted and comes back", async () => {
    await using fixture = await QueueFixture.open(node, "fixture");
    const user = uniqueQueue("user");
    await node.ctl("add_user", user, "old");
    await node.ctl("set_permissions", user, ".*", ".*", ".*");
    const url = change(node.url, { username: user, password: "old" });
    const engine = await fixture.start({ broker: await fixture.openBroker({ url }) });
    await node.ctl("delete_user", user);
    await node.ctl("close_all_connections", "for the test");
    await until(
      "it was said",
      () => fixture.notices.some((text) => /^error: .*refused the login of user/.test(text)),
    );
    await node.ctl("add_user", user, "old");
    await node.ctl("set_permissions", user, ".*", ".*", ".*");
    await using publisher = await openRabbitmq({ url: node.url });
    await publisher.publish(fixture.queue, "1");
    await engine.untilSettled("processed", 1);
  });

  await t.step("a permission that is taken and granted again", async () => {
    await using fixture = await QueueFixture.open(node, "fixture");
    const user = uniqueQueue("user");
    await node.ctl("add_user", user, "old");
    await node.ctl("set_permissions", user, ".*", ".*", ".*");
    const url = change(node.url, { username: user, password: "old" });
    const engine = await fixture.start({ broker: await fixture.openBroker({ url }) });
    await node.ctl("set_permissions", user, ".*", ".*", "^nothing$");
    await node.ctl("close_all_connections", "for the test");
    await until(
      "it was said",
      () =>
        fixture.notices.some((text) =>
          /^warning: .*is tried again: User .* may not use/.test(text)
        ),
    );
    await node.ctl("set_permissions", user, ".*", ".*", ".*");
    await using publisher = await openRabbitmq({ url: node.url });
    await publisher.publish(fixture.queue, "1");
    await engine.untilSettled("processed", 1);
  });

  await t.step(
    "a queue that started quietly, and is refused when it is to be consumed",
    async () => {
      const [user, queue] = [uniqueQueue("user"), uniqueQueue("quiet")];
      await node.ctl("add_user", user, "old");
      await node.ctl("set_permissions", user, ".*", ".*", "^nothing$");
      const notices: string[] = [];
      await using broker = await openRabbitmq({
        url: change(node.url, { username: user, password: "old" }),
        report: (report) =>
          report.kind === "notice" && notices.push(String(report.properties?.["text"])),
      });
      const delivered = Promise.withResolvers<void>();
      const subscription = broker.subscribe(queue, {
        onDelivery: () => delivered.resolve(),
        onLost: () => {},
      });
      await subscription.resume(0);
      await subscription.resume(10);
      await until("it was said", () => notices.some((text) => /^User .* may not use/.test(text)));
      await node.ctl("set_permissions", user, ".*", ".*", ".*");
      await broker.publish(queue, "1");
      await delivered.promise;
      await subscription.close();
    },
  );

  await t.step("a broker that answers no more, and one that is back", async () => {
    await using fixture = await QueueFixture.open(node, "fixture");
    await using proxy = new Proxy(node.port);
    const engine = await fixture.start({
      broker: await fixture.openBroker({ url: proxy.url(node.url) }),
    });
    await proxy.end();
    await until(
      "it was said",
      () => fixture.notices.some((text) => text.includes("cannot be reached")),
    );
    await using again = new Proxy(node.port, proxy.port);
    await fixture.client.publish(fixture.queue, "1");
    await engine.untilSettled("processed", 1);
    assert.ok(again.connections >= 1);
  });
});

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
