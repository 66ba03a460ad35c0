/**
 * Outgoing webhooks in the real program: events of pika, as Zulip publishes them, become calls and
 * replies.
 *
 * @module
 */

import assert from "node:assert/strict";
import { openDatabase } from "../../lib/domain/database/database.ts";
import { BotRealm } from "../fixtures/bots/bot_realm.ts";
import { HookServer } from "../fixtures/bots/hook_server.ts";
import { OWN_TEMPLATE } from "../fixtures/database/shapes.ts";
import { pikaPublish, whereInstalled } from "../fixtures/interop/clients.ts";
import { withHost } from "../fixtures/process/program_fixture.ts";
import { rabbitmqAndCopyTest } from "../servers.ts";

const QUEUE = "outgoing_webhooks";
const NAME =
  "of three services only the one that fails is called again, whatever published the event";

whereInstalled(NAME, () => {
  rabbitmqAndCopyTest(NAME, OWN_TEMPLATE, async ({ rabbitmq, databaseUrl }) => {
    await using server = new HookServer();
    for (const path of ["/1", "/3"]) server.answer(path, { content: `says ${path}` });
    server.answers.set(
      "/2",
      (_, count) =>
        count <= 2 ? new Response("", { status: 500 }) : Response.json({ content: "says /2" }),
    );
    await using db = await openDatabase(databaseUrl);
    const services = ["/1", "/2", "/3"].map((path) => ({ url: server.url(path) }));
    const bots = await BotRealm.make(db, services);
    const event = await bots.mention();
    await withHost(rabbitmq, QUEUE, async (program) => {
      const env = { DATABASE_URL: databaseUrl, EXTERNAL_HOST: "zulip.example", ...server.env };
      Object.assign(program.env, env);
      await pikaPublish(program.url, QUEUE, [{ body: JSON.stringify(event) }]);
      const worker = program.consume();
      await worker.until("the second service was called three times", () => {
        return server.of("/2").length === 3;
      });
      await worker.until("all have replied", async () => (await bots.said()).length === 3);
      worker.signal("SIGTERM");
      assert.equal((await worker.end()).code, 0);
    });
    const calls = ["/1", "/2", "/3"].map((path) => server.of(path).length);
    assert.deepEqual(calls, [1, 3, 1]);
    assert.deepEqual(await bots.said(), ["says /1", "says /3", "says /2"]);
    assert(await bots.hasRead(event));
  });
});
