import assert from "node:assert/strict";
import { loadConfig } from "../../lib/config/config.ts";
import { runCheckConfig } from "../../lib/modes/check_config.ts";
import { COMMAND, ENVIRONMENT } from "./check_config_fixture.ts";
import { MemoryServices } from "./memory_services.ts";

const REQUIRES = ["EMAIL_HOST", "EMAIL_HOST_PASSWORD"];

Deno.test("runCheckConfig shows the settings that a worker requires, without secrets", async () => {
  const around = new MemoryServices();
  around.trials = { test: { requires: REQUIRES, missing: ["EMAIL_HOST"] } };
  const config = loadConfig({ ...ENVIRONMENT, EMAIL_HOST_PASSWORD: "sesame" });
  assert.equal(await runCheckConfig(COMMAND, config, around), 0);
  const at = around.printed.indexOf("required by test:");
  assert.deepEqual(around.printed.slice(at - 1, at + 4), [
    "",
    "required by test:",
    "  EMAIL_HOST=              not set",
    "  EMAIL_HOST_PASSWORD=***  environment",
    "",
  ]);
  assert.equal(around.printed.filter((line) => line.startsWith("required by")).length, 1);
});
