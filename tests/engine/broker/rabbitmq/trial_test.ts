/** The trial of publishing, which `check-config` makes. */
import assert from "node:assert/strict";
import { openRabbitmq } from "../../../../lib/engine/broker/rabbitmq/rabbitmq.ts";
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
