/**
 * Logins, permissions and queues that the broker refuses at the start, each with a message that says
 * what to do.
 *
 * @module
 */

import assert from "node:assert/strict";
import { openRabbitmq } from "../../../../lib/engine/broker/rabbitmq/rabbitmq.ts";
import { assertWithin } from "../../../fixtures/pace.ts";
import { Client } from "../../../fixtures/rabbitmq/client.ts";
import { queueTest } from "../../../fixtures/rabbitmq/queue_fixture.ts";
import { assertRefused, changeUrl } from "../../../fixtures/rabbitmq/refusals.ts";
import { until } from "../../../fixtures/until.ts";
import { withUser } from "../../../fixtures/rabbitmq/users.ts";
import { rabbitmqTest } from "../../../servers.ts";

rabbitmqTest("a wrong password is refused at once, and not shown", async ({ url, port }) => {
  await assertRefused(
    { url: changeUrl(url, { password: "hush-hush" }) },
    "login",
    `RabbitMQ at 127.0.0.1:${port} refused the login of user guest: check the user and password ` +
      `of AMQP_URL (or RABBITMQ_USERNAME and RABBITMQ_PASSWORD)`,
  );
});

rabbitmqTest("an unknown user is refused at once", async ({ url }) => {
  await assertRefused(
    { url: changeUrl(url, { username: "nobody%40home" }) },
    "login",
    /refused the login of user nobody@home:/,
  );
});

rabbitmqTest("a virtual host that does not exist is refused at once", async ({ url, port }) => {
  await assertRefused(
    { url: changeUrl(url, { pathname: "/not%2Fthere" }) },
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
