import assert from "node:assert/strict";
import { readConfig } from "../../lib/config/config.ts";
import { mergeEnvironment } from "../../lib/config/environment.ts";
import { runCheckConfig } from "../../lib/modes/check_config.ts";
import { COMMAND, ENVIRONMENT } from "./check_config_fixture.ts";
import { MemoryServices } from "./memory_services.ts";

Deno.test("runCheckConfig does not try mail where its settings have a problem", async () => {
  const around = new MemoryServices();
  const config = readConfig({ ...ENVIRONMENT, EMAIL_HOST: "127.0.0.1", EMAIL_HOST_USER: "zulip" });
  assert.equal(await runCheckConfig(COMMAND, config, around), 1);
  assert(around.printed.includes("mail: not tried, as its settings have a problem"));
});

Deno.test("runCheckConfig does not try a proxy where its settings have a problem", async () => {
  const around = new MemoryServices();
  const config = readConfig({ ...ENVIRONMENT, HTTPS_proxy: "proxy:3128" });
  assert.equal(await runCheckConfig(COMMAND, config, around), 1);
  assert(around.printed.includes("proxy: not tried, as its settings have a problem"));
});

Deno.test("runCheckConfig does not try a place that is not known", async () => {
  for (
    const wrong of [{ AMQP_URL: "http://rabbit" }, { AMQP_URL: undefined, RABBITMQ_HOST: "a b" }]
  ) {
    const around = new MemoryServices();
    const config = readConfig({ ...ENVIRONMENT, ...wrong, DATABASE_URL: "mysql://me:sesame@db" });
    assert.equal(await runCheckConfig(COMMAND, config, around), 1);
    assert.deepEqual(around.printed.slice(-2), [
      "broker: not tried, as its settings have a problem",
      "database: not tried, as its settings have a problem",
    ]);
    assert(!around.printed.join("\n").includes("sesame"));
  }
});

Deno.test("runCheckConfig tries no place when a line of .env is wrong, as it may be the one that names it", async () => {
  const around = new MemoryServices();
  const config = readConfig(mergeEnvironment(ENVIRONMENT, "DATABASE_URL=sqlite:a # b"));
  assert.equal(await runCheckConfig(COMMAND, config, around), 1);
  assert.deepEqual(around.printed.slice(-2), [
    "broker: not tried, as the file .env has a problem",
    "database: not tried, as the file .env has a problem",
  ]);
});
