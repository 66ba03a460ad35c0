import assert from "node:assert/strict";
import { loadConfig } from "../../lib/config/config.ts";

Deno.test("loadConfig puts the default database into STATE_DIR", () => {
  const { databaseUrl } = loadConfig({ STATE_DIR: "/srv/pq" });
  assert.equal(databaseUrl, "sqlite:/srv/pq/process-queue.sqlite");
});

Deno.test("loadConfig makes every path absolute, as a worker may change the folder", () => {
  const config = loadConfig({
    AMQP_URL: "amqps://me:pw@rabbit",
    AMQP_CA_FILE: "tls/ca.pem",
    DATABASE_URL: "sqlite:data/../a.sqlite",
    STATE_DIR: "state",
    QUEUE_STATS_DIR: "./stats",
    QUEUE_ERROR_DIR: "errors/",
    ZULIP_WORKER_TEST_FILE: "test-file",
  }, { workersDir: "workers" });
  const here = Deno.cwd();
  assert.equal(config.broker.caFile, `${here}/tls/ca.pem`);
  assert.equal(config.databaseUrl, `sqlite:${here}/a.sqlite`);
  assert.equal(config.stateDir, `${here}/state`);
  assert.equal(config.statsDir, `${here}/stats`);
  assert.equal(config.errorDir, `${here}/errors`);
  assert.equal(config.testFile, `${here}/test-file`);
  assert.equal(config.workersDir, `${here}/workers`);
  assert.equal(loadConfig({ STATE_DIR: "s" }).statsDir, `${here}/s/stats`);
  const shown = new Map(config.effective.map(({ name, value }) => [name, value]));
  assert.equal(shown.get("STATE_DIR"), `${here}/state`);
  assert.equal(shown.get("DATABASE_URL"), `sqlite:${here}/a.sqlite`);
});

Deno.test("loadConfig leaves a database alone that has no path", () => {
  for (const url of ["sqlite::memory:", "postgres://me:pw@db/zulip"]) {
    assert.equal(loadConfig({ DATABASE_URL: url }).databaseUrl, url);
  }
});
