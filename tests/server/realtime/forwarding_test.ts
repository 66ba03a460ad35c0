import assert from "node:assert/strict";
import { EventServerFixture } from "../../fixtures/realtime/event_server.ts";

const MINE = 9801;
const VALUES = { event_types: '["message"]', fetch_event_types: "[]" };

Deno.test("a registration of a user of another event server is answered by that one, once", async () => {
  await using server = await EventServerFixture.open();
  const asked: unknown[] = [];
  const other = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { method, url, headers } = request;
    const form = Object.fromEntries(await request.formData());
    const names = ["authorization", "x-real-ip", "user-agent"];
    asked.push([method, new URL(url).pathname, form, names.map((name) => headers.get(name))]);
    return Response.json({ result: "success", queue_id: "theirs" });
  });
  const users = [await server.realm.user("ada"), await server.realm.user("ben")];
  const mine = users.find((id) => id % 2 === 0) ?? 0;
  const theirs = users.find((id) => id % 2 === 1) ?? 0;
  const map = { shard_map: { "acme.zulip.example": [MINE, other.addr.port] } };
  server.env.SHARDING_FILE = `${server.env.STATE_DIR}/sharding.json`;
  await Deno.writeTextFile(server.env.SHARDING_FILE, JSON.stringify(map));
  await server.start({ shardPort: MINE });
  const register = async (user: number, more: Record<string, string> = {}) => {
    const authorization = await server.login(user);
    const headers = { authorization, "user-agent": "Tests/1", "x-real-ip": "10.0.0.7", ...more };
    return await server.ask(user, "POST", "/api/v1/register", VALUES, { headers });
  };

  assert.equal((await register(mine)).last_event_id, -1);
  assert.deepEqual(asked, []);
  assert.deepEqual(await register(theirs), {
    ...{ status: 200, result: "success", queue_id: "theirs" },
  });
  assert.deepEqual(asked, [["POST", "/api/v1/register", VALUES, [
    await server.login(theirs),
    "10.0.0.7",
    "Tests/1",
  ]]]);
  const again = await register(theirs, { "x-pq-forwarded": "1" });
  assert.equal(again.status, 503);
  assert.match(
    again.msg,
    /^The event servers disagree who has the user's queues: port \d+ is next$/,
  );
  assert.equal(asked.length, 1);
  await other.shutdown();
  const gone = await register(theirs);
  assert.deepEqual([gone.status, gone.code], [503, "SERVICE_UNAVAILABLE"]);
  assert.match(gone.msg, /^The event server at port \d+ does not answer: try again later$/);
});
