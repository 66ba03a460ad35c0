import assert from "node:assert/strict";
import { DatabaseError } from "../../../lib/domain/database/database_error.ts";
import { BrokerError } from "../../../lib/engine/broker/broker.ts";
import { EventServerFixture, eventServerTest } from "../../fixtures/realtime/event_server.ts";

const EVENTS = "/api/v1/events";

eventServerTest(
  "events of odd types reach clients, with one line for each type",
  async (server) => {
    const ada = await server.realm.user("ada");
    const queue = await server.register(ada, { event_types: "null" });
    const odd = { type: "hologram", light: true };
    const old = { type: "reaction", op: "add" };
    for (const event of [odd, odd, old, old]) await server.notify({ event, users: [ada] });
    const { events } = await server.poll(ada, queue);
    assert.deepEqual(events, [odd, odd, old, old].map((event, id) => ({ ...event, id })));
    assert.deepEqual(server.warnings, [
      "Events of the type hologram are passed on as they are: it is not known here",
      "Events of the type reaction are passed on as they are: reaction add: message_id: Invalid " +
      "input: expected number, received undefined",
    ]);
  },
);

eventServerTest(
  "a large queue is answered in parts, and a client that does not read holds up nobody",
  async (server) => {
    const ada = await server.realm.user("ada");
    const queue = await server.register(ada, { event_types: '["typing"]' });
    const event = { type: "typing", text: "a".repeat(5000) };
    for (let n = 0; n < 1500; n++) await server.notify({ event, users: [ada] });
    const { hostname, port } = new URL(server.url);
    using unread = await Deno.connect({ hostname, port: Number(port) });
    const request = `GET /api/v1/events?queue_id=${queue}&last_event_id=-1 HTTP/1.1\r\n` +
      `host: a\r\nauthorization: ${await server.login(ada)}\r\n\r\n`;
    await unread.write(new TextEncoder().encode(request));
    const { events } = await server.poll(ada, queue);
    assert.deepEqual([events.length, events.at(-1).id], [1000, 999]);
    const { events: others } = await server.poll(ada, queue, 999);
    assert.deepEqual([others.length, others.at(-1).id], [500, 1499]);
  },
);

eventServerTest("a queue that cannot be removed without a broker stays", async (server) => {
  const ada = await server.realm.user("ada");
  const ben = await server.realm.user("ben");
  await server.db.insertInto("zerver_userpresence").values({
    ...{ user_profile_id: ada, realm_id: server.realm.id, last_update_id: 1 },
    ...{ last_active_time: new Date(), last_connected_time: new Date() },
  }).execute();
  const queue = await server.register(ada);
  await server.send({ senderId: ben, to: { kind: "direct", userIds: [ada, ben] }, content: "hi" });
  server.onPublish = () => Promise.reject(new BrokerError("unreachable", "gone"));
  const refused = await server.ask(ada, "DELETE", "/api/v1/events", { queue_id: queue });
  assert.deepEqual([refused.status, refused.msg], [
    503,
    "The broker is unavailable: try again later",
  ]);
  server.onPublish = () => Promise.resolve();
  const { result } = await server.ask(ada, "DELETE", "/api/v1/events", { queue_id: queue });
  assert.equal(result, "success");
  assert.match(server.published.join(), /^missedmessage_emails email:\d+:\d+$/);
});

eventServerTest("a queue that is to be removed and is not here is a line", async (server) => {
  const ada = await server.realm.user("ada");
  const ben = await server.realm.user("ben");
  const queue = await server.register(ada);
  server.infos.length = 0;
  const cleanup = (id: string, user: number) =>
    server.notify({ event: { type: "cleanup_queue", queue_id: id }, users: [user] });
  await cleanup("1:2", ada);
  await cleanup(queue, ben);
  await cleanup(queue, ada);
  const lineOf = (id: string) => `The event queue ${id} is to be removed, and is not here`;
  assert.deepEqual(server.infos, [lineOf("1:2"), lineOf(queue)]);
});

eventServerTest("an error of the program is an answer, and a line", async (server) => {
  const ada = await server.realm.user("ada");
  await server.register(ada);
  server.onDatabase = () => {
    throw new TypeError("oops");
  };
  const { status, msg, code } = await server.ask(ada, "POST", "/api/v1/register");
  assert.deepEqual([status, code, msg], [500, "INTERNAL_SERVER_ERROR", "Internal server error"]);
  assert.deepEqual(server.warnings, ["A request failed: TypeError: oops"]);
  assert.equal((await server.ask(undefined, "GET", "/health")).event_queues, 1);
});

/** Has the files be as a killed server leaves them, so many seconds ago. */
async function kill(server: EventServerFixture, seconds: number): Promise<void> {
  await server.stop();
  const path = `${server.env.STATE_DIR}/event_queues`;
  const queues = JSON.parse(await Deno.readTextFile(`${path}.json`));
  for (const [, queue] of queues) queue.last_connection_time -= seconds;
  await Deno.writeTextFile(`${path}.running.json`, JSON.stringify(queues));
  await Deno.remove(`${path}.json`);
}

Deno.test("clients go on after a stop, and have to register again after a kill", async () => {
  await using server = await EventServerFixture.open();
  await server.start();
  const ada = await server.realm.user("ada");
  const queue = await server.register(ada);
  await server.stop();
  await server.start();
  assert.deepEqual((await server.poll(ada, queue)).events, []);
  await kill(server, 0);
  await server.start();
  assert.equal((await server.poll(ada, queue)).code, "BAD_EVENT_QUEUE_ID");
  const count = async () => (await server.ask(undefined, "GET", "/health")).event_queues;
  await server.sweep();
  assert.equal(await count(), 1);
  server.onDatabase = () => {
    throw new DatabaseError("unreachable", "gone");
  };
  assert.equal((await server.ask(ada, "POST", "/api/v1/register")).code, "SERVICE_UNAVAILABLE");
  assert.equal(await count(), 1, "what was lost is kept until the user has another queue");
  server.onDatabase = () => {};
  await kill(server, 700);
  await server.start();
  await server.save();
  await server.sweep();
  assert.equal(await count(), 0);
  assert.deepEqual(server.warnings, []);
});

/** Below those that a host gives out by itself. */
const quietPort = () => 20_000 + Math.floor(Math.random() * 12_000);

Deno.test("a request that comes while the queues are read waits for them", async () => {
  await using server = await EventServerFixture.open();
  await server.start();
  const ada = await server.realm.user("ada");
  const queue = await server.register(ada);
  await server.stop();
  const [port, authorization] = [quietPort(), await server.login(ada)];
  const obstacle = `${server.env.STATE_DIR}/event_queues.running.json`;
  await Deno.mkdir(`${obstacle}/in`, { recursive: true });
  await assert.rejects(server.start({ port }), /event_queues\.running\.json/);
  await Deno.remove(obstacle, { recursive: true });
  const starting = server.start({ port });
  const path = `${EVENTS}?queue_id=${queue}&last_event_id=-1&dont_block=true`;
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { authorization } });
  assert.deepEqual((await answer.json()).events, []);
  await starting;
});

Deno.test("a server that cannot start says why, and leaves nothing behind", async () => {
  await using server = await EventServerFixture.open();
  await server.start();
  const port = Number(new URL(server.url).port);
  await using other = await EventServerFixture.open();
  const rows: [env: Record<string, string>, options: Record<string, unknown>, error: RegExp][] = [
    [{}, { port }, /127\.0\.0\.1:\d+: another program listens there; end it, or name/],
    [{}, { host: "203.0.113.1" }, /203\.0\.113\.1:0: it cannot be listened on \(.*--host/],
    [{ STATE_DIR: server.env.STATE_DIR ?? "" }, {}, /STATE_DIR: another process has the event qu/],
    [
      { SHARDING_FILE: "/" },
      { shardPort: 9801 },
      /SHARDING_FILE: \/ cannot be used: .*sharding\.json/,
    ],
  ];
  const own = other.env.STATE_DIR ?? "";
  for (const [env, options, error] of rows) {
    Object.assign(other.env, { STATE_DIR: own, ...env });
    await assert.rejects(other.start(options), error);
  }
  await Deno.writeTextFile(`${own}/sharding.json`, "[1]");
  Object.assign(other.env, { STATE_DIR: own, SHARDING_FILE: `${own}/sharding.json` });
  await assert.rejects(other.start({ shardPort: 9801 }), /it is no object of shard_map/);
  other.env.SHARDING_FILE = `${own}/none.json`;
  await other.start({ shardPort: 9800 });
  await other.register(await other.realm.user("ada"));
});
