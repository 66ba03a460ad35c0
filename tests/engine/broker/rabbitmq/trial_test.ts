/** The trials of publishing and of addresses, which `check-config` makes. */
import assert from "node:assert/strict";
import { openRabbitmq } from "../../../../lib/engine/broker/rabbitmq/rabbitmq.ts";
import { changeUrl } from "../../../fixtures/rabbitmq/refusals.ts";
import { rabbitmqTest, uniqueQueue } from "../../../servers.ts";

rabbitmqTest("a trial of publishing leaves no queue", async (server) => {
  const queues = async () => (await server.ctl("list_queues", "-q", "name")).trim();
  const before = await queues();
  await using broker = await openRabbitmq({ url: server.url });
  await broker.tryPublishing?.();
  assert.equal(await queues(), before);
});

rabbitmqTest("a trial of publishing says that this user may make no such queue", async (server) => {
  const user = uniqueQueue("user");
  await server.ctl("add_user", user, "sesame");
  try {
    await server.ctl("set_permissions", user, "^mine", ".*", ".*");
    const url = Object.assign(new URL(server.url), { username: user, password: "sesame" }).href;
    await using broker = await openRabbitmq({ url });
    await assert.rejects(async () => await broker.tryPublishing?.(), { kind: "permission" });
  } finally {
    await server.ctl("delete_user", user);
  }
});

rabbitmqTest("a trial of addresses names those that cannot be used", async ({ url }) => {
  const urls = [
    url,
    changeUrl(url, { port: "1", password: "sesame" }),
    changeUrl(url, { password: "sesame" }),
  ];
  await using one = await openRabbitmq({ url });
  assert.deepEqual(await one.tryAddresses?.(), []);
  await using cluster = await openRabbitmq({ url: urls.join(","), waitSeconds: 0 });
  const failures = await cluster.tryAddresses?.() ?? [];
  assert.deepEqual(failures.map(({ kind }) => kind), ["unreachable", "login"]);
  const text = failures.map(({ message }) => message).join("\n");
  assert.match(text, /^RabbitMQ at 127\.0\.0\.1:1 cannot be reached \(connect ECONNREFUSED/);
  assert.match(text, /\nRabbitMQ at \S+ refused the login of user guest: check/);
  assert(!text.includes("sesame"));
});
