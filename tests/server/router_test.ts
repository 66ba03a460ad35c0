import { noLook } from "../../lib/operations/broker_look.ts";
import { reportOn } from "../../lib/operations/queue_report.ts";
import { demandsOn } from "../../lib/operations/thresholds.ts";
import assert from "node:assert/strict";
import { type Caller, match, type Right, Router } from "../../lib/server/router.ts";
import { FakeControl, JSON_TYPE, routerOf } from "../fixtures/server/fake_control.ts";

const caller = (right: Right, isKnown = true): Caller => ({
  right,
  isKnown,
  by: "ada",
  door: "http",
});
const ALL = caller("changes");

function post(path: string, body: unknown, headers: Record<string, string> = JSON_TYPE): Request {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return new Request(`http://localhost${path}`, { method: "POST", body: text, headers });
}

async function errorOf(response: Response): Promise<[number, string, string]> {
  const { error } = await response.json();
  return [response.status, error.code, error.message];
}

Deno.test("a path matches a pattern by its parts, which are decoded", () => {
  assert.deepEqual(match("/v1/queues/:queue/pause", "/v1/queues/a%2Fb/pause"), { queue: "a/b" });
  for (const path of ["/v1/queues//pause", "/v1/queues/a", "/v1/queues/a/pause/", "/%zz/a/b/c"]) {
    assert.equal(match("/v1/queues/:queue/pause", path), undefined, path);
  }
});

Deno.test("changes of queues reach the process, with who asks", async () => {
  const control = new FakeControl();
  const router = routerOf(control);
  const body = { by: "somebody else", reason: "the SMTP server moves", seconds: 60 };
  const response = await router.handle(post("/v1/queues/mails/pause", body), ALL);
  assert.deepEqual(await response.json(), {
    queue: "mails",
    state: "paused",
    consumers_elsewhere: 0,
  });
  await router.handle(post("/v1/queues/mails/resume", {}), ALL);
  await router.handle(post("/v1/queues/mails/restart", { by: "bob" }), { ...ALL, door: "socket" });
  await router.handle(post("/v1/log-level", { level: "debug" }), ALL);
  await router.handle(post("/v1/drain", {}), ALL);
  assert.deepEqual(control.asked, [
    ["pause", "mails", { by: "ada", reason: "the SMTP server moves", seconds: 60 }],
    ["resume", "mails", "ada"],
    ["restart", "mails", "bob"],
    ["log level", "debug", 900, "ada"],
    ["drain", "ada"],
  ]);
});

Deno.test("what a caller may not do is refused, and says what is missing", async () => {
  const router = routerOf(new FakeControl());
  const pause = () => post("/v1/queues/mails/pause", {});
  assert.deepEqual(await errorOf(await router.handle(pause(), caller("numbers", false))), [
    401,
    "unauthorized",
    'This changes something: send a token, as in "Authorization: Bearer …"',
  ]);
  assert.deepEqual(await errorOf(await router.handle(pause(), caller("events"))), [
    403,
    "forbidden",
    "This changes something, and your token may only read: use the one in HTTP_TOKEN_FILE",
  ]);
});

Deno.test("who may see numbers sees neither errors nor ids of events", async () => {
  const router = routerOf(new FakeControl());
  const get = (right: Right) =>
    router.handle(new Request("http://localhost/v1/snapshot"), caller(right));
  assert.match(await (await get("events")).text(), /ada is unknown/);
  const numbers = await (await get("numbers")).text();
  assert(!numbers.includes("ada is unknown") && numbers.includes('"failed":1'));
});

Deno.test("queues are shown without their reasons to who may see numbers, and unknown ones are not found", async () => {
  const control = new FakeControl();
  const look = { ...noLook("ada is unknown"), ready: 3 };
  const sources = { queue: "mails", look, processes: [], pause: null, statistics: null, now: 0 };
  const demands = { ...demandsOn("mails", new Map()), failedLimit: null };
  control.reports.push(reportOn({ ...sources, trend: null }, demands));
  const router = routerOf(control);
  const get = (path: string, right: Right) =>
    router.handle(new Request(`http://localhost${path}`), caller(right));
  assert.match(await (await get("/v1/queues", "events")).text(), /ada is unknown/);
  for (const path of ["/v1/queues", "/v1/queues/mails"]) {
    const text = await (await get(path, "numbers")).text();
    assert(!text.includes("ada is unknown") && text.includes('"state":"unknown"'), path);
  }
  const other = await get("/v1/queues/other", "events");
  assert.equal(other.status, 404);
  assert.match(await other.text(), /Nothing is known of other: this process does not run it/);
});

Deno.test("bad requests are answered with what is wrong", async () => {
  const router = routerOf(new FakeControl());
  const cases: [Request, number, RegExp][] = [
    [post("/v1/log-level", { level: "loud" }), 400, /^level is not valid/],
    [post("/v1/log-level", "{"), 400, /^The body is not JSON$/],
    [post("/v1/log-level", "level=debug", {}), 400, /application\/json/],
    [post("/v1/queues/mails/pause", { seconds: -1 }), 400, /^seconds is not valid/],
    [post("/v1/queues/mails/pause", `"${"x".repeat(1_000_001)}"`), 413, /1000000 bytes/],
    [post("/v1/queues/other/pause", {}), 404, /^no other$/],
    [post("/v1/nothing", {}), 404, /^There is nothing at \/v1\/nothing$/],
    [new Request("http://localhost/v1/queues/mails/pause"), 405, /does not take GET: use POST$/],
    [post("/v1/snapshot", {}), 405, /does not take POST: use GET$/],
  ];
  for (const [request, status, message] of cases) {
    const [actual, , text] = await errorOf(await router.handle(request, ALL));
    assert.equal(actual, status, text);
    assert.match(text, message);
  }
});

Deno.test("GET changes nothing, HEAD has no body", async () => {
  const control = new FakeControl();
  const router = routerOf(control);
  for (const path of ["/v1/quiet", "/v1/drain", "/v1/restart", "/v1/queues/mails/restart"]) {
    const response = await router.handle(new Request(`http://localhost${path}`), ALL);
    assert.equal(response.status, 405);
  }
  assert.deepEqual(control.asked, []);
  for (const path of ["/v1/snapshot", "/v1/stream"]) {
    const head = new Request(`http://localhost${path}`, { method: "HEAD" });
    const response = await router.handle(head, ALL);
    assert.deepEqual([response.status, response.body], [200, null]);
  }
  assert.equal(control.listeners.size, 0, "no stream stays open");
});

Deno.test("a route that throws is answered with 500 and reported", async () => {
  const faults: unknown[] = [];
  const router = routerOf(new FakeControl(), faults);
  const response = await router.handle(post("/v1/queues/broken/restart", {}), ALL);
  assert.deepEqual(await errorOf(response), [
    500,
    "internal",
    "The program failed to answer: see its log",
  ]);
  assert.deepEqual(faults.map(String), ["Error: a fault of the program"]);
});

Deno.test("an answer that takes too long is answered with 503", async () => {
  const never = new Promise<Response>(() => {});
  const router = new Router({
    routes: [{ method: "GET", path: "/never", right: "probes", handle: () => never }],
    onFault: assert.fail,
    limitMs: 1,
  });
  const response = await router.handle(new Request("http://localhost/never"), ALL);
  assert.deepEqual(await errorOf(response), [
    503,
    "unavailable",
    "There was no answer within 0.001 s",
  ]);
});

Deno.test("metrics have the format that is asked for", async () => {
  const router = routerOf(new FakeControl());
  const get = async (accept: string) => {
    const headers = { Accept: accept };
    const response = await router.handle(new Request("http://localhost/metrics", { headers }), ALL);
    return [await response.text(), response.headers.get("Content-Type")];
  };
  assert.deepEqual(await get("*/*"), [
    "# prometheus\n",
    "text/plain; version=0.0.4; charset=utf-8",
  ]);
  assert.deepEqual(await get("application/openmetrics-text;version=1.0.0,text/plain;q=0.5"), [
    "# openmetrics\n",
    "application/openmetrics-text; version=1.0.0; charset=utf-8",
  ]);
});

Deno.test("probes say what is wrong, without names of queues to those who may not see them", async () => {
  const control = new FakeControl();
  const router = routerOf(control);
  const get = async (right: Right, query = "", accept = "text/plain") => {
    const request = new Request(`http://localhost/readyz${query}`, { headers: { Accept: accept } });
    const response = await router.handle(request, caller(right));
    return [response.status, await response.text()];
  };
  assert.deepEqual(await get("probes"), [200, "ok\n"]);
  control.findings = [
    { name: "broker", problem: "unavailable" },
    { name: "mails", problem: "parked" },
    { name: "pushes", problem: "parked" },
  ];
  assert.deepEqual(await get("numbers"), [
    503,
    "broker: unavailable\nmails: parked\npushes: parked\n",
  ]);
  assert.deepEqual(await get("probes"), [503, "broker: unavailable\na queue: parked\n"]);
  assert.deepEqual(await get("numbers", "?exclude=mails&exclude=broker"), [
    503,
    "pushes: parked\n",
  ]);
  assert.deepEqual(await get("numbers", "?exclude=mails&exclude=broker&exclude=pushes"), [
    200,
    "ok\n",
  ]);
  const [status, text] = await get("probes", "?exclude=broker", "application/json");
  assert.equal(status, 503);
  assert.deepEqual(JSON.parse(String(text)), {
    ok: false,
    findings: [{ name: "a queue", problem: "parked" }],
  });
});
