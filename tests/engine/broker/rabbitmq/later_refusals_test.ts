/**
 * Refusals of the broker once it has been used: the process tries again. All share one node, because
 * a start takes long.
 *
 * @module
 */

import assert from "node:assert/strict";
import { openRabbitmq } from "../../../../lib/engine/broker/rabbitmq/rabbitmq.ts";
import { Proxy } from "../../../fixtures/rabbitmq/proxy.ts";
import { QueueFixture } from "../../../fixtures/rabbitmq/queue_fixture.ts";
import { changeUrl } from "../../../fixtures/rabbitmq/refusals.ts";
import { until } from "../../../fixtures/until.ts";
import { privateRabbitmqTest, uniqueQueue } from "../../../servers.ts";

privateRabbitmqTest("after the first success nothing is fatal", {}, async (node, t) => {
  await t.step("a user that is deleted and comes back", async () => {
    await using fixture = await QueueFixture.open(node, "fixture");
    const user = uniqueQueue("user");
    await node.ctl("add_user", user, "old");
    await node.ctl("set_permissions", user, ".*", ".*", ".*");
    const url = changeUrl(node.url, { username: user, password: "old" });
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
    const url = changeUrl(node.url, { username: user, password: "old" });
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
        url: changeUrl(node.url, { username: user, password: "old" }),
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
