import assert from "node:assert/strict";
import type { ErrorData } from "../../../lib/errors/error_data.ts";
import { jobs, singles } from "../../fixtures/executor.ts";

async function errorOf(consume: Parameters<typeof singles>[0]["consume"]): Promise<ErrorData> {
  const { executor, recorder } = singles({ consume });
  executor.run(jobs("a"));
  await recorder.outcomes(1);
  const [told] = recorder.told;
  assert(told && "error" in told.outcome, "the run failed");
  return told.outcome.error;
}

Deno.test("ctx.report adds tags and breadcrumbs to the failure of its event", async () => {
  const error = await errorOf((_event, { report }) => {
    report({ host: "mx1" }, "Connecting");
    report({ attempt: "first" }, "Sending, password=hunter2");
    throw new Error("The server said no");
  });
  assert.equal(error.message, "The server said no");
  assert.deepEqual(error.tags, { host: "mx1", attempt: "first" });
  assert.deepEqual(error.breadcrumbs, ["Connecting", "Sending, password=***"]);
});

Deno.test("ctx.report hides a tag whose name says that it is secret, and bounds names", async () => {
  const name = `long_${"x".repeat(5000)}`;
  const error = await errorOf((_event, ctx) => {
    ctx.report({ api_key: "hunter2", slackToken: "abc", mailbox: "a", [name]: "y".repeat(5000) });
    throw new Error("no");
  });
  const { api_key, slackToken, mailbox, ...others } = error.tags ?? {};
  assert.deepEqual([api_key, slackToken, mailbox], ["***", "***", "a"]);
  assert.deepEqual(others, { [name.slice(0, 200)]: "y".repeat(200) });
});

Deno.test("ctx.report keeps the newest 50 breadcrumbs, each bounded", async () => {
  const error = await errorOf((_event, ctx) => {
    for (let i = 0; i < 200; i++) ctx.report({}, `${i} ${"x".repeat(1000)}`);
    throw new Error("no");
  });
  assert.equal(error.breadcrumbs?.length, 50);
  assert.match(error.breadcrumbs?.at(-1) ?? "", /^199 x{100,200}$/);
});

Deno.test("ctx.report of one event says nothing of the next one", async () => {
  const { executor, recorder } = singles({
    consume(event, ctx) {
      if (event.id === "a") ctx.report({ only: "a" });
      throw new Error("no");
    },
  });
  executor.run(jobs("a", "b"));
  await recorder.outcomes(2);
  const tags = recorder.told.map(({ outcome }) => "error" in outcome && outcome.error.tags);
  assert.deepEqual(tags, [{ only: "a" }, undefined]);
});
