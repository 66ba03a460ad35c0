import assert from "node:assert/strict";
import { DatabaseError } from "../../../lib/domain/database/database_error.ts";
import { basic, eventServerTest } from "../../fixtures/realtime/event_server.ts";
import { until } from "../../fixtures/until.ts";

const EVENTS = "/api/v1/events";
const REGISTER = "/api/v1/register";

eventServerTest("a client registers, gets its events, confirms them and leaves", async (server) => {
  const ada = await server.realm.user("ada");
  const ben = await server.realm.user("ben");
  const queue = await server.register(ada, { apply_markdown: "true" });
  assert.deepEqual((await server.poll(ada, queue)).events, []);
  const id = await server.send({
    senderId: ben,
    to: { kind: "direct", userIds: [ada, ben] },
    content: "**hello**",
  });
  const { events, queue_id, status } = await server.poll(ada, queue);
  assert.deepEqual([status, queue_id, events.length], [200, queue, 1]);
  const [event] = events;
  assert.deepEqual([event.id, event.type, event.flags], [0, "message", []]);
  assert.deepEqual([event.message.id, event.message.content_type], [id, "text/html"]);
  assert.equal(event.message.content, "<p><strong>hello</strong></p>");
  assert.equal("internal_data" in event, false);
  assert.deepEqual((await server.poll(ada, queue, 0)).events, []);
  const { msg, code } = await server.poll(ada, queue, -1);
  assert.deepEqual([msg, code], ["An event newer than -1 has already been pruned!", "BAD_REQUEST"]);
  const gone = await server.ask(ada, "DELETE", EVENTS, { queue_id: queue });
  assert.deepEqual(gone, { status: 200, result: "success", msg: "" });
  const { status: bad, ...error } = await server.poll(ada, queue, 0);
  assert.equal(bad, 400);
  assert.deepEqual(error, {
    result: "error",
    code: "BAD_EVENT_QUEUE_ID",
    msg: `Bad event queue ID: ${queue}`,
    queue_id: queue,
  });
});

eventServerTest("a poll waits for an event, for a second poll, or for the stop", async (server) => {
  const ada = await server.realm.user("ada");
  const queue = await server.register(ada, { event_types: '["typing","message"]' });
  const typing = { type: "typing", op: "start", message_type: "direct", sender: {} };
  const first = server.poll(ada, queue, -1, {});
  let answered = false;
  void first.then(() => answered = true);
  await server.poll(ada, await server.register(ada));
  assert.equal(answered, false);
  const second = server.poll(ada, queue, -1, {});
  assert.deepEqual((await first).events, []);
  await server.notify({ event: typing, users: [ada] });
  assert.deepEqual((await second).events, [{ ...typing, id: 0 }]);
  const third = server.poll(ada, queue, 0, {});
  const fourth = server.poll(ada, queue, 0, {});
  assert.deepEqual((await Promise.race([third, fourth])).events, []);
  await server.stop();
  assert.deepEqual((await Promise.all([third, fourth])).map(({ events }) => events), [[], []]);
});

eventServerTest("a client that vanishes leaves its events in the queue", async (server) => {
  const ada = await server.realm.user("ada");
  const queue = await server.register(ada);
  const values = { queue_id: queue, last_event_id: "-1" };
  const leaving = new AbortController();
  const { body } = await server.fetch(ada, "GET", EVENTS, values, { signal: leaving.signal });
  const polls = async () => (await server.ask(undefined, "GET", "/health")).waiting_polls;
  assert.equal(await polls(), 1);
  leaving.abort();
  await body?.cancel().catch(() => {});
  await until("its poll has ended", async () => await polls() === 0);
  await server.notify({ event: { type: "message_like" }, users: [ada] });
  await server.send({ senderId: ada, to: { kind: "direct", userIds: [ada] }, content: "note" });
  const { events } = await server.poll(ada, queue);
  assert.equal(events.length, 1);
});

eventServerTest("what a request lacks is said in Zulip's words and codes", async (server) => {
  const ada = await server.realm.user("ada");
  const ben = await server.realm.user("ben");
  const gone = await server.realm.user("gone", { is_active: false });
  const guest = await server.realm.user("guest", { role: 600 });
  const bens = await server.register(ben);
  const missing = { code: "REQUEST_VARIABLE_MISSING" };
  const bad = { code: "BAD_REQUEST", status: 400 };
  const rows: [Parameters<typeof server.ask>, Record<string, unknown>][] = [
    [[undefined, "GET", EVENTS], {
      ...{ status: 401, code: "UNAUTHORIZED", msg: "Missing authorization header for basic auth" },
    }],
    [[gone, "GET", EVENTS], { status: 401, code: "USER_DEACTIVATED" }],
    [[ada, "GET", EVENTS], { ...missing, msg: "Missing 'queue_id' argument" }],
    [[ada, "GET", EVENTS, { queue_id: "q" }], {
      ...missing,
      msg: "Missing 'last_event_id' argument",
    }],
    [[ada, "GET", EVENTS, { queue_id: "q", last_event_id: "x" }], {
      ...{ ...bad, msg: "last_event_id is not an integer" },
    }],
    [[ada, "GET", EVENTS, { queue_id: bens, last_event_id: "-1" }], { code: "BAD_EVENT_QUEUE_ID" }],
    [[ada, "DELETE", EVENTS], { ...missing, msg: "Missing 'queue_id' argument" }],
    [[ada, "DELETE", EVENTS, { queue_id: bens }], { code: "BAD_EVENT_QUEUE_ID" }],
    [[ben, "GET", EVENTS, { queue_id: bens, last_event_id: "5", dont_block: "true" }], {
      ...{ ...bad, msg: "Event 5 was not in this queue" },
    }],
    [[ada, "POST", REGISTER, { event_types: "{" }], {
      ...{ ...bad, msg: 'Argument "event_types" is not valid JSON.' },
    }],
    [[ada, "POST", REGISTER, { narrow: '[["near","1"]]' }], {
      ...{ ...bad, msg: "Operator near not supported." },
    }],
    [[guest, "POST", REGISTER, { all_public_streams: "true" }], {
      ...{ ...bad, msg: "User not authorized for this query" },
    }],
    [[ada, "PUT", EVENTS], { status: 405, code: "METHOD_NOT_ALLOWED" }],
    [[ada, "GET", "/api/v1/users"], {
      status: 404,
      msg: "There is nothing at this address: this server answers /api/v1/register, " +
        "/api/v1/events and /health only",
    }],
    [[undefined, "POST", "/api/v1/events/internal", { user_profile_id: "1" }], {
      ...{ status: 403, code: "ACCESS_DENIED" },
    }],
  ];
  for (const [request, expected] of rows) {
    const answer = await server.ask(...request);
    for (const [key, value] of Object.entries(expected)) {
      assert.equal(answer[key], value, `${request}: ${JSON.stringify(answer)}`);
    }
    assert.equal(answer.result, "error");
  }
  assert.match(server.warnings.join("\n"), /User \d+ asked for an event queue of user \d+/);
});

eventServerTest(
  "a body that is too large or no form is refused, and nothing else",
  async (server) => {
    const ada = await server.realm.user("ada");
    const headers = { authorization: await server.login(ada) };
    const post = async (body: BodyInit, more: Record<string, string> = {}) => {
      const init = { method: "POST", body, headers: { ...headers, ...more } };
      const response = await fetch(`${server.url}${REGISTER}`, init);
      return { status: response.status, ...await response.json() };
    };
    const large = await post("a".repeat(1_100_000));
    assert.deepEqual([large.status, large.msg], [413, "The body has more than 1000000 bytes"]);
    const json = await post("{}", { "content-type": "application/json" });
    assert.match(json.msg, /^The body is no form/);
    const form = new FormData();
    form.append("fetch_event_types", "[]");
    assert.equal((await post(form)).result, "success");
  },
);

eventServerTest(
  "wrong keys are counted by address and place, and right ones go on elsewhere",
  async (server) => {
    const ada = await server.realm.user("ada");
    const login = async (key: string, place: string) => {
      const headers = { authorization: basic("ada@example.com", key), "x-real-ip": place };
      const response = await fetch(`${server.url}${EVENTS}`, { headers });
      return { status: response.status, headers: response.headers, ...await response.json() };
    };
    for (let n = 0; n < 5; n++) {
      const { status, code } = await login("wrong", "10.0.0.1");
      assert.deepEqual([status, code], [401, "INVALID_API_KEY"]);
    }
    const { status, code, headers } = await login("wrong", "10.0.0.1");
    assert.deepEqual([status, code], [429, "RATE_LIMIT_HIT"]);
    assert(Number(headers.get("retry-after")) > 1000);
    assert.equal((await login("wrong", "10.0.0.2")).status, 401);
    assert.equal((await server.ask(ada, "GET", EVENTS)).code, "REQUEST_VARIABLE_MISSING");
  },
);

eventServerTest("a user may ask 200 times a minute", async (server) => {
  const ada = await server.realm.user("ada");
  const queue = await server.register(ada);
  const statuses: number[] = [];
  for (let n = 0; n < 200; n++) statuses.push((await server.poll(ada, queue)).status);
  assert.deepEqual([statuses[0], statuses[198], statuses[199]], [200, 200, 429]);
});

eventServerTest(
  "without RATE_LIMITING there is no such limit, and still one of queues",
  async (server) => {
    const ada = await server.realm.user("ada");
    for (let n = 0; n < 200; n++) await server.register(ada);
    const { status, msg } = await server.ask(ada, "POST", REGISTER);
    assert.deepEqual([status, msg], [429, "Too many event queues: delete some"]);
    assert.equal((await server.ask(undefined, "GET", "/health")).event_queues, 200);
  },
  { RATE_LIMITING: "false" },
);

eventServerTest("while the database is unavailable, known clients go on", async (server) => {
  const ada = await server.realm.user("ada");
  const ben = await server.realm.user("ben");
  const [adas, bens] = [await server.login(ada), await server.login(ben)];
  const queue = await server.register(ada);
  server.onDatabase = () => {
    throw new DatabaseError("unreachable", "gone");
  };
  const get = async (authorization: string) =>
    await fetch(`${server.url}${EVENTS}?queue_id=${queue}&last_event_id=-1&dont_block=true`, {
      headers: { authorization },
    });
  const [known, unknown] = [await get(adas), await get(bens)];
  assert.deepEqual([known.status, unknown.status], [200, 503]);
  await known.body?.cancel();
  assert.equal((await unknown.json()).code, "SERVICE_UNAVAILABLE");
});

eventServerTest("a Zulip server gets queues of users by the shared secret", async (server) => {
  const ada = await server.realm.user("ada");
  const internal = (values: Record<string, string>) =>
    server.ask(undefined, "POST", "/api/v1/events/internal", { secret: "s3same", ...values });
  const user_profile_id = String(ada);
  const made = await internal({
    ...{ user_profile_id, user_client: "website", dont_block: "true", event_types: '["message"]' },
    ...{ apply_markdown: "true", lifespan_secs: "0", bulk_message_deletion: "true" },
  });
  assert.deepEqual([made.result, made.last_event_id, made.events], ["success", -1, []]);
  await server.send({ senderId: ada, to: { kind: "direct", userIds: [ada] }, content: "note" });
  const { events } = await internal({ user_profile_id, queue_id: made.queue_id });
  assert.equal(events.length, 1);
  assert.equal((await internal({ user_profile_id, secret: "other!" })).status, 403);
  assert.equal((await internal({ user_profile_id: "999999" })).msg, "There is no such user");
}, { SHARED_SECRET: "s3same" });

eventServerTest(
  "a user who is deactivated cannot go on with a login that was right before",
  async (server) => {
    const ada = await server.realm.user("ada");
    await server.register(ada);
    await server.db.updateTable("zerver_userprofile").set({ is_active: false }).where(
      "id",
      "=",
      ada,
    )
      .execute();
    assert.equal((await server.ask(ada, "GET", EVENTS)).code, "REQUEST_VARIABLE_MISSING");
    const event = { type: "realm_user", op: "update", person: { user_id: ada, is_active: false } };
    await server.notify({ event, users: [ada] });
    await until("the login is refused", async () => {
      return (await server.ask(ada, "GET", EVENTS)).code === "USER_DEACTIVATED";
    });
  },
);

eventServerTest(
  "a client goes on from the id that its registration has, though flags change meanwhile",
  async (server) => {
    const ada = await server.realm.user("ada");
    const flags = (message: number) => ({
      event: {
        ...{ type: "update_message_flags", op: "add", operation: "add", flag: "read" },
        ...{ messages: [message], all: false },
      },
      users: [ada],
    });
    await server.register(ada);
    let notified: Promise<void> | undefined;
    server.onDatabase = () => {
      notified ??= server.notify(flags(1));
    };
    const { queue_id, last_event_id } = await server.ask(ada, "POST", REGISTER, {
      ...{ event_types: '["update_message_flags"]', fetch_event_types: "[]" },
    });
    await notified;
    assert.equal(last_event_id, 0);
    await server.notify(flags(2));
    const { events, msg } = await server.poll(ada, queue_id, last_event_id);
    assert.deepEqual(events, [{ ...flags(2).event, id: 1 }], msg);
  },
);
