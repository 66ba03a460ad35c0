/**
 * Zulip's events of pushes, published by pika, become requests to Apple and Google in the real
 * program, with RabbitMQ and the database of a Zulip server.
 *
 * @module
 */

import assert from "node:assert/strict";
import { openDatabase } from "../../lib/domain/database/database.ts";
import { rabbitmqAndCopyTest } from "../servers.ts";
import { ZULIP_TEMPLATE, zulipUrl } from "../fixtures/database/shapes.ts";
import { pikaPublish, whereInstalled } from "../fixtures/interop/clients.ts";
import { withHost } from "../fixtures/process/program_fixture.ts";
import { type PushFixture, usePush } from "../fixtures/push/push.ts";
import { APPLE, PushUser } from "../fixtures/push/worker.ts";
import { until } from "../fixtures/until.ts";

const QUEUE = "missedmessage_mobile_notifications";
const SHARD = `${QUEUE}_shard1`;

whereInstalled("pushes", () => {
  const push = usePush();
  rabbitmqAndCopyTest(
    "two devices, one 503: the program pushes to the one once and to the other twice",
    ZULIP_TEMPLATE,
    async ({ rabbitmq, databaseUrl }) => {
      const servers = push();
      const unavailable = {
        status: 503,
        reason: "ServiceUnavailable",
        headers: { "retry-after": "1" },
      };
      servers.script({ answers: { [`apns:${APPLE}`]: [unavailable] } });
      await withHost(rabbitmq, QUEUE, async (program) => {
        await using db = await openDatabase(zulipUrl(databaseUrl));
        const user = await PushUser.make(db);
        // The shard of a user whose id two divides.
        const shard = user.ada % 2 + 1 === 1 ? SHARD : `${QUEUE}_shard2`;
        const events = [user.add, user.remove].map((event) => ({ body: JSON.stringify(event) }));
        const env = {
          ...servers.direct,
          DATABASE_URL: zulipUrl(databaseUrl),
          EXTERNAL_HOST: "zulip.example",
          MOBILE_NOTIFICATIONS_SHARDS: "2",
        };
        const [add, remove] = events;
        assert(add && remove);
        program.start(["--queue_name", shard], env);
        await pikaPublish(program.url, shard, [add]);
        await untilAnswered(servers, "apns", [503, 200]);
        await pikaPublish(program.url, shard, [remove]);
        await untilAnswered(servers, "apns", [503, 200, 200]);
        await untilAnswered(servers, "fcm", [200, 200]);
        await until("all is recorded", async () => {
          return new Set(await user.states()).symmetricDifference(new Set(["done"])).size === 0;
        });
        const rows = await db.selectFrom("zerver_usermessage").select("flags").execute();
        assert.deepEqual(rows.map(({ flags }) => Number(flags)), [0]);
      });
    },
  );
});

/** Waits until a server has answered so. */
async function untilAnswered(
  servers: PushFixture,
  service: "apns" | "fcm",
  statuses: readonly number[],
): Promise<void> {
  await until(`${service} has answered ${statuses}`, () => {
    const answered = servers.received(service).map(({ status }) => status);
    return answered.join() === statuses.join();
  });
}
