import assert from "node:assert/strict";
import {
  DoorFixture,
  JSON_TYPE,
  READ_TOKEN,
  type SentOptions,
  TOKEN,
} from "../fixtures/server/fake_control.ts";

const AWAY = "203.0.113.7";
const POST = { method: "POST", headers: JSON_TYPE, body: "{}" } as const;
const PAUSE = "/v1/queues/mails/pause";

/** What each caller gets of a probe, of numbers, of errors, and for a change. */
const RIGHTS: [who: string, SentOptions, [number, number, boolean, number]][] = [
  ["loopback without a token", {}, [200, 200, false, 401]],
  ["elsewhere without a token", { address: AWAY }, [200, 401, false, 401]],
  ["a proxy on this host", { headers: { "X-Forwarded-For": AWAY } }, [200, 401, false, 401]],
  ["a token that may only read", { address: AWAY, token: READ_TOKEN }, [200, 200, true, 403]],
  ["the token", { address: AWAY, token: TOKEN }, [200, 200, true, 200]],
  ["a wrong token", { token: "a-wrong-token" }, [200, 401, false, 401]],
];

for (const [who, options, [probe, numbers, seesErrors, change]] of RIGHTS) {
  Deno.test(`what ${who} may see and do`, async () => {
    await using fixture = new DoorFixture();
    assert.equal((await fixture.send("/livez", options)).status, probe);
    assert.equal((await fixture.send("/metrics", options)).status, numbers);
    const snapshot = await fixture.send("/v1/snapshot", options);
    assert.equal(snapshot.status, numbers);
    assert.equal((await snapshot.text()).includes("ada is unknown"), seesErrors);
    const headers = { ...POST.headers, ...options.headers };
    const changed = await fixture.send(PAUSE, { ...options, ...POST, headers });
    assert.equal(changed.status, change);
    assert.equal(fixture.control.asked.length, change === 200 ? 1 : 0);
  });
}

Deno.test("METRICS_OPEN lets everybody read numbers", async () => {
  await using fixture = new DoorFixture({ METRICS_OPEN: "true" });
  assert.equal((await fixture.send("/metrics", { address: AWAY })).status, 200);
});

Deno.test("a request for another name is refused, except probes and scrapes with a token", async () => {
  await using fixture = new DoorFixture({ HTTP_HOSTS: "Queues.example.com" });
  const host = "10.1.2.3";
  const status = async (path: string, options: SentOptions = {}) =>
    (await fixture.send(path, { host, ...options })).status;
  for (const path of ["/metrics", "/v1/snapshot", "/v1/stream", "/v1/session", "/"]) {
    assert.equal(await status(path), 421, path);
  }
  assert.equal(await status("/v1/snapshot", { token: TOKEN }), 421);
  assert.equal(await status(PAUSE, { ...POST, token: TOKEN }), 421);
  assert.deepEqual(fixture.control.asked, []);
  for (const path of ["/livez", "/readyz", "/startupz"]) assert.equal(await status(path), 200);
  assert.equal(await status("/metrics", { token: READ_TOKEN }), 200);
  for (const known of ["localhost:9090", "127.0.0.1", "[::1]:80", "queues.example.com"]) {
    assert.equal(await status("/v1/snapshot", { host: known }), 200, known);
  }
  for (const wrong of ["localhost.evil.example", "evil.example:9090", "127.0.0.1.evil.example"]) {
    assert.equal(await status("/v1/snapshot", { host: wrong }), 421, wrong);
  }
});

Deno.test("a probe for another name shows no names of queues", async () => {
  await using fixture = new DoorFixture();
  fixture.control.findings = [{ name: "mails", problem: "parked" }];
  const response = await fixture.send("/readyz", { host: "10.1.2.3" });
  assert.deepEqual([response.status, await response.text()], [503, "a queue: parked\n"]);
});

Deno.test("changes that a page elsewhere may cause are refused", async () => {
  await using fixture = new DoorFixture();
  const Cookie = await login(fixture);
  const form = "application/x-www-form-urlencoded";
  const attacks: [what: string, SentOptions["headers"], expected: number][] = [
    ["another site", { Cookie, "Sec-Fetch-Site": "cross-site" }, 403],
    ["another port of this host", { Cookie, "Sec-Fetch-Site": "same-site" }, 403],
    ["another origin", { Cookie, Origin: "http://evil.example" }, 403],
    ["an origin without a name", { Cookie, Origin: "null" }, 403],
    ["no origin", { Cookie }, 403],
    ["a form", { Cookie, "Sec-Fetch-Site": "same-origin", "Content-Type": form }, 400],
    ["no cookie", { "Sec-Fetch-Site": "same-origin" }, 401],
    ["a made-up cookie", { Cookie: "process_queue_session=x", Origin: "http://localhost" }, 401],
  ];
  for (const [what, headers, expected] of attacks) {
    const sent = { ...POST, headers: { ...JSON_TYPE, ...headers } };
    const response = await fixture.send(PAUSE, sent);
    assert.equal(response.status, expected, what);
    assert.equal(response.headers.get("Access-Control-Allow-Origin"), null);
  }
  assert.deepEqual(fixture.control.asked, []);
  for (const own of [{ "Sec-Fetch-Site": "same-origin" }, { Origin: "http://localhost" }]) {
    const sent = { ...POST, headers: { ...JSON_TYPE, Cookie, ...own } };
    assert.equal((await fixture.send(PAUSE, sent)).status, 200);
  }
  assert.deepEqual(fixture.control.asked[0], ["pause", "mails", {
    by: "ada",
    reason: undefined,
    seconds: undefined,
  }]);
});

Deno.test("a session has a cookie that scripts and other sites do not get, and ends", async () => {
  await using fixture = new DoorFixture();
  const body = JSON.stringify({ token: READ_TOKEN, name: "ada" });
  const response = await fixture.send("/v1/session", { ...POST, body });
  assert.deepEqual(await response.json(), { right: "events", by: "ada" });
  const set = response.headers.get("Set-Cookie") ?? "";
  assert.match(
    set,
    /^process_queue_session=[\w-]{43}; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/,
  );
  const headers = { Cookie: set.split(";")[0] ?? "" };
  const who = await (await fixture.send("/v1/session", { headers })).json();
  assert.deepEqual(who, { right: "events", by: "ada" });
  await fixture.send("/v1/session", { method: "DELETE", headers });
  const after = await (await fixture.send("/v1/session", { headers })).json();
  assert.deepEqual(after, { right: "numbers", by: null });
});

Deno.test("after five wrong tokens no token of the address is looked at for a minute", async () => {
  await using fixture = new DoorFixture();
  const status = async (token: string, address = AWAY) =>
    (await fixture.send("/v1/snapshot", { token, address })).status;
  for (let n = 0; n < 5; n++) assert.equal(await status("a-wrong-token"), 401);
  assert.equal(await status(TOKEN), 429);
  assert.equal(await status(TOKEN, "203.0.113.8"), 200);
  assert.equal((await fixture.send("/livez", { address: AWAY, token: TOKEN })).status, 200);
});

Deno.test("every answer has headers that keep a page from being used by others", async () => {
  await using fixture = new DoorFixture();
  for (const path of ["/livez", "/v1/snapshot", "/nothing"]) {
    const { headers } = await fixture.send(path);
    assert.match(
      headers.get("Content-Security-Policy") ?? "",
      /^default-src 'none'; script-src 'self'/,
    );
    assert.equal(headers.get("X-Content-Type-Options"), "nosniff");
    assert.equal(headers.get("Referrer-Policy"), "no-referrer");
    assert.equal(headers.get("Cache-Control"), "no-store");
    assert.equal(headers.get("Cross-Origin-Opener-Policy"), "same-origin");
    assert.equal(headers.get("Cross-Origin-Resource-Policy"), "same-origin");
  }
});

Deno.test("HTTP_BASE_PATH stands before every path", async () => {
  await using fixture = new DoorFixture({ HTTP_BASE_PATH: "/queues" });
  assert.equal((await fixture.send("/queues/v1/snapshot")).status, 200);
  assert.equal((await fixture.send("/livez")).status, 200);
});

Deno.test("200 clients that want streams leave probes answering", async () => {
  await using fixture = new DoorFixture();
  const streams = await Promise.all(
    Array.from({ length: 200 }, () => fetch(`${fixture.url}/v1/stream`)),
  );
  const opened = streams.filter(({ status }) => status === 200);
  assert.equal(opened.length, 20);
  assert(streams.every(({ status }) => status === 200 || status === 503));
  assert.equal(await (await fetch(`${fixture.url}/livez`)).text(), "ok\n");
  await Promise.all(streams.map(({ body }) => body?.cancel()));
});

async function login(fixture: DoorFixture): Promise<string> {
  const body = JSON.stringify({ token: TOKEN, name: "ada" });
  const response = await fixture.send("/v1/session", { ...POST, body });
  return response.headers.get("Set-Cookie")?.split(";")[0] ?? "";
}
