import assert from "node:assert/strict";
import { loadConfig } from "../../lib/config/config.ts";
import { problems } from "../fixtures/config.ts";

Deno.test("loadConfig refuses a DSN that Sentry would print and then do without, and hides it", () => {
  const good = ["https://key@sentry/1", "http://key:pw@127.0.0.1:9000/a/b/23", "https://k@[::1]/1"];
  for (const dsn of good) assert.equal(loadConfig({ SENTRY_DSN: dsn }).sentry.dsn, dsn);
  const bad = [
    "https://a-key@sentry/1",
    "https://key@sentry/project",
    "https://key@sentry/1/",
    "x",
  ];
  for (const dsn of bad) {
    const [problem = ""] = problems({ SENTRY_DSN: dsn });
    assert.match(problem, /^SENTRY_DSN: .*such as https:\/\/key@host\/1/);
    assert(!problem.includes(dsn), problem);
  }
});

Deno.test("loadConfig takes one trace rate for all queues, or one for each", () => {
  const rate = (text: string) => loadConfig({ SENTRY_TRACE_WORKER_RATE: text }).sentry.traceRate;
  assert.equal(rate("0.25"), 0.25);
  assert.deepEqual(rate('{"user_activity": 0.1, "test": 1}'), { user_activity: 0.1, test: 1 });
  assert.match(problems({ SENTRY_TRACE_WORKER_RATE: "2" }).join(), /SENTRY_TRACE_WORKER_RATE/);
});
