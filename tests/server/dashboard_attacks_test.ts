/** Attacks on the dashboard's routes behind the HTTP server. */

import assert from "node:assert/strict";
import { CHANGES, DashboardDoor, EVENTS } from "../fixtures/server/dashboard_door.ts";
import { type SentOptions, TOKEN } from "../fixtures/server/fake_control.ts";

const RETRY = { filter: { all: true }, expected: 3 };

Deno.test("attacks on the dashboard are refused, and nothing is asked of anybody", async () => {
  await using door = new DashboardDoor();
  const session = await door.post("/v1/session", { token: TOKEN }, {});
  const Cookie = session.headers.get("Set-Cookie")?.split(";")[0] ?? "";
  const own = { Cookie, "Sec-Fetch-Site": "same-origin" };
  const attacks: [what: string, path: string, SentOptions, expected: number][] = [
    ["another name", CHANGES[4] ?? "", { token: TOKEN, host: "10.1.2.3" }, 421],
    [
      "another origin",
      CHANGES[4] ?? "",
      { headers: { Cookie, Origin: "http://evil.example" } },
      403,
    ],
    [
      "another site",
      CHANGES[5] ?? "",
      { headers: { ...own, "Sec-Fetch-Site": "cross-site" } },
      403,
    ],
    ["no header that names the page", CHANGES[5] ?? "", { headers: { Cookie } }, 403],
    ["a form", CHANGES[4] ?? "", {
      headers: { ...own, "Content-Type": "application/x-www-form-urlencoded" },
    }, 400],
    ["a peek from another site", "/v1/queues/mails/peek", {
      headers: { ...own, "Sec-Fetch-Site": "cross-site" },
    }, 403],
  ];
  for (const [what, path, options, expected] of attacks) {
    const response = await door.post(path, RETRY, options);
    assert.equal(response.status, expected, what);
    assert.equal(response.headers.get("Access-Control-Allow-Origin"), null);
  }
  for (const path of CHANGES) {
    assert.equal((await door.get(path)).status === 405 || path.includes("failed"), true, path);
  }
  const canceled = await door.get("/v1/tasks/x", { method: "DELETE", headers: { Cookie } });
  assert.equal(canceled.status, 403);
  const large = JSON.stringify({ filter: { all: true }, text: "x".repeat(1_100_000) });
  assert.equal((await door.post("/v1/queues/mails/failed/retry", large)).status, 413);
  const asked = door.dashboard.asked.filter(([what]) => what !== "show");
  assert.deepEqual(asked, []);
});

Deno.test("a body with a script is answered as JSON that no browser runs", async () => {
  await using door = new DashboardDoor();
  for (const path of [EVENTS[0], EVENTS[1]]) {
    const response = await door.get(path ?? "");
    assert.match(await response.clone().text(), /<script>/);
    assert.equal(response.headers.get("Content-Type"), "application/json");
    assert.equal(response.headers.get("X-Content-Type-Options"), "nosniff");
    assert.equal(response.headers.get("Cache-Control"), "no-store");
  }
  const saved = await door.get("/v1/queues/mails/failed/download");
  assert.equal(
    saved.headers.get("Content-Disposition"),
    'attachment; filename="mails.failed.jsonl"',
  );
  const odd = await door.get("/v1/queues/a%22%0d%0ab/failed/download");
  assert.match(odd.headers.get("Content-Disposition") ?? "", /filename="a___b.failed.jsonl"$/);
});
