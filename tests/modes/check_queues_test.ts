import assert from "node:assert/strict";
import { loadConfig } from "../../lib/config/config.ts";
import { runCheckConfig } from "../../lib/modes/check_config.ts";
import { COMMAND, ENVIRONMENT } from "./check_config_fixture.ts";
import { MemoryServices } from "./memory_services.ts";

Deno.test("runCheckConfig names the file of each queue, its shards, and why a worker does not load", async () => {
  const around = new MemoryServices();
  around.trials = { test: { problem: "workers/test.ts does not load: Error: no" } };
  const config = loadConfig({ ...ENVIRONMENT, USER_ACTIVITY_SHARDS: "3" });
  assert.equal(await runCheckConfig(COMMAND, config, around), 1);
  assert(around.printed.includes(
    "queues: 2 queues found\n  user_activity: workers/user_activity.ts, 3 shards\n" +
      "  test: workers/test.ts does not load: Error: no",
  ));
});

const REQUIRES = ["EMAIL_HOST", "EMAIL_HOST_PASSWORD"];

Deno.test("runCheckConfig says which queue does not start for want of a setting", async () => {
  const around = new MemoryServices();
  around.trials = { user_activity: { requires: REQUIRES, missing: ["EMAIL_HOST"] } };
  await runCheckConfig({ ...COMMAND, json: true }, loadConfig(ENVIRONMENT), around);
  const { queues: [queue], checks } = JSON.parse(around.printed.join(""));
  assert.deepEqual([queue.requires, queue.missing, queue.isActive], [
    REQUIRES,
    ["EMAIL_HOST"],
    false,
  ]);
  const { ok, message } = checks.find(({ name }: { name: string }) => name === "queues");
  assert.deepEqual([ok, message.split("\n")[1]], [
    true,
    "  user_activity: workers/user_activity.ts, does not start: EMAIL_HOST is not set",
  ]);
});
