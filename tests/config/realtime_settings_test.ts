import assert from "node:assert/strict";
import { loadConfig } from "../../lib/config/config.ts";
import { problems } from "../fixtures/config.ts";

Deno.test("the settings of the event server are read, and have Zulip's defaults", () => {
  assert.deepEqual(loadConfig({}).realtime, {
    longPollSeconds: 90,
    firstPort: 9800,
    shardingFile: "/etc/zulip/sharding.json",
    sharedSecret: undefined,
    isRateLimited: true,
  });
  const { realtime, effective } = loadConfig({
    EVENT_QUEUE_LONGPOLL_TIMEOUT_SECONDS: "120",
    TORNADO_PORTS: "9801,9802",
    SHARDING_FILE: "/srv/sharding.json",
    SHARED_SECRET: "s3cret",
    RATE_LIMITING: "no",
  });
  assert.deepEqual(realtime, {
    longPollSeconds: 120,
    firstPort: 9801,
    shardingFile: "/srv/sharding.json",
    sharedSecret: "s3cret",
    isRateLimited: false,
  });
  assert(!JSON.stringify(effective).includes("s3cret"));
});

Deno.test("wrong settings of the event server are refused", () => {
  const [problem = ""] = problems({ TORNADO_PORTS: "9801,x" });
  assert.match(problem, /^TORNADO_PORTS: "9801,x" is not valid.*whole numbers from 1 to 65535/);
  assert.match(problems({ EVENT_QUEUE_LONGPOLL_TIMEOUT_SECONDS: "5" })[0] ?? "", /from 60 to 3600/);
});
