/** The dashboard's routes behind the HTTP server: who may what, and what is asked of whom. */

import assert from "node:assert/strict";
import { CHANGES, DashboardDoor, EVENTS, result } from "../fixtures/server/dashboard_door.ts";
import {
  DoorFixture,
  JSON_TYPE,
  READ_TOKEN,
  type SentOptions,
  TOKEN,
} from "../fixtures/server/fake_control.ts";
import { FakeDashboard } from "../fixtures/server/fake_dashboard.ts";

const AWAY = "203.0.113.7";
const RETRY = { filter: { all: true }, expected: 3 };

const NUMBERS = ["/v1/dashboard", "/v1/dashboard/history", "/v1/queues/mails", "/v1/processes"];

/** What each caller gets of the page, numbers, events, a peek, and for changes. */
const RIGHTS: [who: string, SentOptions, [number, number, number, number, number]][] = [
  ["loopback without a token", {}, [200, 200, 401, 401, 401]],
  ["elsewhere without a token", { address: AWAY }, [200, 401, 401, 401, 401]],
  ["a read token", { address: AWAY, token: READ_TOKEN }, [200, 200, 200, 200, 403]],
  ["a wrong token", { token: "a-wrong-token" }, [401, 401, 401, 401, 401]],
];

for (const [who, options, [page, numbers, events, peek, change]] of RIGHTS) {
  Deno.test(`what ${who} may see and do on the dashboard`, async () => {
    await using door = new DashboardDoor();
    const status = async (path: string) => (await door.get(path, options)).status;
    assert.equal(await status("/queues/mails/failed"), page);
    if (who === "a wrong token") return;
    for (const path of NUMBERS) assert.equal(await status(path), numbers, path);
    for (const path of EVENTS) assert.equal(await status(path), events, path);
    const peeked = await door.post("/v1/queues/mails/peek", {}, options);
    assert.equal(peeked.status, peek);
    const before = door.dashboard.asked.length;
    for (const path of CHANGES) {
      assert.equal((await door.post(path, {}, options)).status, change, path);
    }
    assert.equal(await status("/v1/queues/mails/failed/7c1f09a2b3d4?raw=1"), events && change);
    assert.equal(door.dashboard.asked.length, before, "nothing was asked");
  });
}

Deno.test("whoever may see numbers only sees no texts, which quote errors and people", async () => {
  await using door = new DashboardDoor();
  for (const path of NUMBERS) {
    const shown = await (await door.get(path, {})).text();
    assert(!/ada|TypeError|f3a91c02/.test(shown), path);
  }
  assert.match(await (await door.get("/v1/queues/mails")).text(), /ada is unknown/);
});

/** A body, and what is wrong with it. */
const WRONG: [path: string, body: unknown, RegExp][] = [
  [
    "retry",
    { filter: {}, expected: 3 },
    /filter must say which events are meant: all, or at least/,
  ],
  ["retry", { filter: { all: true, groups: ["f3"] }, expected: 3 }, /and not both/],
  ["retry", { filter: { all: true } }, /expected is missing: how many events are meant, as a dry/],
  ["drop", { filter: { everything: true }, expected: 3 }, /filter is not valid: .*everything/],
  ["drop", { filter: { all: true }, expected: 0 }, /expected is not valid/],
  ["drop", { filter: { all: true }, expected: 3, body: "{}" }, /the body is not valid: .*body/],
  ["retry", { ...RETRY, rate: 0 }, /rate is not valid/],
  ["retry", { ...RETRY, body: "{}" }, /A new body is for one event: name it in filter.ids/],
  ["retry", "{", /The body is not JSON/],
  ["scan", { scan: -1 }, /scan is not valid/],
];

for (const [path, body, message] of WRONG) {
  Deno.test(`${path} with ${JSON.stringify(body)} is refused: ${message.source}`, async () => {
    await using door = new DashboardDoor();
    const response = await door.post(`/v1/queues/mails/failed/${path}`, body);
    assert.equal(response.status, 400);
    assert.match((await response.json()).error.message, message);
    assert.deepEqual(door.dashboard.asked, []);
  });
}

Deno.test("a query that is not valid is refused with what is wrong", async () => {
  await using door = new DashboardDoor();
  for (const query of ["limit=0", "limit=201", "order=up", "older_than=x"]) {
    const response = await door.get(`/v1/queues/mails/failed?${query}`);
    assert.equal(response.status, 400, query);
    const [name = ""] = query.split("=");
    assert.match((await response.json()).error.message, new RegExp(`^${name} is not valid`));
  }
  assert.equal((await door.get("/v1/queues/mails/failed?after=0123456789ab")).status, 404);
});

Deno.test("a task is started, watched, found and cancelled", async () => {
  await using door = new DashboardDoor();
  const { dashboard } = door;
  const started = await door.post("/v1/queues/mails/failed/retry", { ...RETRY, rate: 20 });
  assert.equal(started.status, 202);
  const { task } = await started.json();
  assert.deepEqual([task.state, task.kind, task.by, task.expected, task.rate], [
    "running",
    "retry",
    "127.0.0.1",
    3,
    20,
  ]);
  const again = await door.post("/v1/queues/mails/failed/drop", RETRY);
  assert.equal(again.status, 409);
  assert.match((await again.json()).error.message, /^A retry of mails runs, by 127\.0\.0\.1 since/);
  const other = await door.post("/v1/queues/other/failed/scan", { scan: null });
  assert.equal(other.status, 202, "another queue is free");
  assert.equal((await door.get("/v1/tasks/none")).status, 404);
  const canceled = await door.get(`/v1/tasks/${task.id}`, { token: TOKEN, method: "DELETE" });
  assert.equal((await canceled.json()).state, "running", "what is under way is confirmed first");
  dashboard.end.resolve({ result: result({ moved: 1, complete: false }) });
  const ended = await (await door.get(`/v1/tasks/${task.id}?wait=5`)).json();
  assert.deepEqual([ended.state, ended.result.moved, ended.error], ["canceled", 1, null]);
  const { tasks } = await (await door.get("/v1/tasks")).json();
  assert.deepEqual(tasks.map((one: { id: string }) => one.id).includes(task.id), true);
  assert.equal((await door.get(`/v1/tasks/${task.id}/saved`)).status, 404);
});

Deno.test("what a drop has saved can be taken, by who may change something", async () => {
  await using door = new DashboardDoor();
  const path = `${door.fixture.folder}/mails-1.jsonl`;
  Deno.writeTextFileSync(path, '{"queue":"mails"}\n');
  door.dashboard.end.resolve({ result: result({ action: "drop", saved: path }) });
  const started = await door.post("/v1/queues/mails/failed/drop?wait=5", RETRY);
  assert.equal(started.status, 200);
  const { task } = await started.json();
  const saved = `/v1/tasks/${task.id}/saved`;
  assert.equal((await door.get(saved, { token: READ_TOKEN })).status, 403);
  const file = await door.get(saved);
  assert.equal(file.headers.get("Content-Disposition"), 'attachment; filename="mails-1.jsonl"');
  assert.equal(await file.text(), '{"queue":"mails"}\n');
  Deno.removeSync(path);
  assert.equal((await door.get(saved)).status, 404, "somebody has moved the file");
});

Deno.test("a queue is changed in all processes where that is said, else in this one", async () => {
  const dashboard = new FakeDashboard();
  const own: unknown[][] = [];
  const change = (action: string) => (...asked: unknown[]) => {
    own.push([action, ...asked]);
    return Promise.resolve({ queue: "mails", state: "paused", consumers_elsewhere: 0 } as const);
  };
  const control = { pause: change("pause"), resume: change("resume"), restart: change("restart") };
  await using fixture = new DoorFixture({}, dashboard.routes(control));
  const post = async (action: string, body: unknown) => {
    const path = `/v1/queues/mails/${action}`;
    const headers = JSON_TYPE;
    const sent = { method: "POST", token: TOKEN, headers, body: JSON.stringify(body) };
    assert.equal((await fixture.send(path, sent)).status, 200);
  };
  await post("pause", { reason: "why", seconds: 60 });
  await post("resume", {});
  const pause = { by: "127.0.0.1", reason: "why", seconds: 60 };
  assert.deepEqual(own, [["pause", "mails", pause], ["resume", "mails", "127.0.0.1"]]);
  await post("pause", { reason: "why", seconds: 60, everywhere: true });
  assert.deepEqual(dashboard.asked, [["change", "pause", "mails", pause]]);
});

Deno.test("orders for processes and checks are passed on", async () => {
  await using door = new DashboardDoor();
  await door.post("/v1/processes/an-id/quiet", {});
  await door.post("/v1/processes/an-id/log-level", { level: "debug" });
  await door.get("/v1/checks?again=1");
  assert.deepEqual(door.dashboard.asked, [
    ["order", "an-id", { kind: "quiet" }, "127.0.0.1"],
    ["order", "an-id", { kind: "log-level", level: "debug", seconds: 900 }, "127.0.0.1"],
    ["checks", true],
  ]);
});

Deno.test("of 200 streams 20 are open, the others are refused, and the probes answer", async () => {
  await using door = new DashboardDoor();
  const open = await Promise.all(
    Array.from({ length: 200 }, () => door.get("/v1/dashboard/stream")),
  );
  const refused = open.filter(({ status }) => status === 503);
  const served = open.filter(({ status }) => status === 200);
  assert.deepEqual([served.length, refused.length], [20, 180]);
  const { error } = await refused[0]?.json();
  assert.equal(error.message, "There are 20 streams already: close one, or ask /v1/dashboard");
  assert.equal(door.dashboard.isWatched, true);
  for (const path of ["/livez", "/readyz", "/startupz"]) {
    assert.equal((await door.get(path, {})).status, 200);
  }
  await Promise.all(served.map(({ body }) => body?.cancel()));
  assert.equal(door.dashboard.isWatched, false);
});
