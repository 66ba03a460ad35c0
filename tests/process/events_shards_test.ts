/** The event server on RabbitMQ, as one of several. */
import assert from "node:assert/strict";
import { openDatabase } from "../../lib/domain/database/database.ts";
import { TestRealm } from "../fixtures/database/realm.ts";
import { hostTest } from "../fixtures/process/program_fixture.ts";
import { basic } from "../fixtures/realtime/event_server.ts";
import { until } from "../fixtures/until.ts";

const [MINE, OTHER] = [9801, 9802];
const QUEUE = `notify_tornado_port_${MINE}`;

hostTest(
  "one of several event servers serves its users, and sends others to theirs",
  QUEUE,
  async (fixture) => {
    const url = `sqlite:${fixture.folder}/test.sqlite`;
    await using db = await openDatabase(url);
    const realm = await TestRealm.make(db, "acme");
    const users = [await realm.user("ada"), await realm.user("ben")];
    const mine = users.find((id) => id % 2 === 0) ?? 0;
    const others = users.find((id) => id % 2 === 1) ?? 0;
    const sharding = JSON.stringify({ shard_map: { "acme.zulip.example": [MINE, OTHER] } });
    const program = fixture.start(["events", "--port", "0", "--shard-port", String(MINE)], {
      ...{ DATABASE_URL: url, EXTERNAL_HOST: "zulip.example" },
      SHARDING_FILE: await fixture.write("sharding.json", sharding),
    });
    const { port } = await program.untilLogged(/^The event server listens on/);
    const ask = async (id: number, method: string, path: string, values = {}) => {
      const { delivery_email, api_key } = await db.selectFrom("zerver_userprofile").selectAll()
        .where("id", "=", id).executeTakeFirstOrThrow();
      const headers = { authorization: basic(delivery_email, api_key) };
      const query = new URLSearchParams(values);
      return await fetch(`http://127.0.0.1:${port}${path}?${query}`, { method, headers });
    };

    const { queue_id } = await (await ask(mine, "POST", "/api/v1/register")).json();
    const poll = ask(mine, "GET", "/api/v1/events", { queue_id, last_event_id: -1 });
    const event = { type: "invites_changed" };
    await fixture.publish([{ event, users: [mine] }, { event: { type: "message" }, users: [] }]);
    assert.deepEqual((await (await poll).json()).events, [{ ...event, id: 0 }]);
    await until("the broken notice is a dead letter", async () => {
      return await fixture.client.ready(`${QUEUE}.failed`) === 1;
    });

    const redirected = await ask(others, "GET", "/api/v1/events", { queue_id, last_event_id: -1 });
    const target = redirected.headers.get("x-accel-redirect") ?? "";
    assert.equal(
      target,
      `/internal/tornado/${OTHER}/api/v1/events?queue_id=${queue_id}&last_event_id=-1`,
    );
    assert.equal(await redirected.text(), "");
    const removed = await ask(others, "DELETE", "/api/v1/events", { queue_id: "theirs" });
    assert.equal((await removed.json()).result, "success");
    const cleanup = await fixture.client.take(`notify_tornado_port_${OTHER}`);
    assert(cleanup);
    assert.deepEqual(JSON.parse(cleanup.content.toString()), {
      event: { type: "cleanup_queue", queue_id: "theirs" },
      users: [others],
    });
    program.signal("SIGTERM");
    assert.equal((await program.end()).code, 0);
  },
);
