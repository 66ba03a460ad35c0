/**
 * What `failed list` shows of dead letters that hold secrets.
 *
 * @module
 */

import assert from "node:assert/strict";
import { loadConfig } from "../../lib/config/config.ts";
import { runFailed } from "../../lib/modes/failed/failed.ts";
import { parse } from "../fixtures/command_line.ts";
import { MemoryServices } from "./memory_services.ts";

const BODY = '{"to": ["ada@example.com!!"], "id": 9007199254740993}';

/** What is listed of one dead letter, of which the error quotes the secret. */
async function listed(
  around: MemoryServices,
  body: string | Uint8Array,
  { queue = "test", reason = "error" } = {},
) {
  const headers = { "x-pq-reason": reason, "x-pq-error-message": "no ada@example.com!!", n: [1n] };
  await around.broker.declare(`${queue}.failed`);
  await around.broker.publish(`${queue}.failed`, body, { messageId: "m", headers });
  const config = loadConfig({ AMQP_URL: "amqp://broker" });
  const list = (line: string) => {
    const command = parse(line);
    assert(command.mode === "failed");
    return runFailed(command, config, around);
  };
  assert.equal(await list(`failed list ${queue} --json`), 0);
  const { body: shown, headers: { "x-pq-error-message": message, n }, bytes } = JSON.parse(
    around.printed.pop() ?? "",
  );
  assert.deepEqual(n, ["1"]);
  assert.equal(bytes, body.length);
  around.printed.length = 0;
  await list(`failed list ${queue}`);
  const table = around.printed.splice(0).join("\n");
  await list(`failed groups ${queue}`);
  return { shown, message, table, groups: around.printed.splice(0).join("\n") };
}

function withSecrets(): MemoryServices {
  const around = new MemoryServices();
  around.trials = { test: { secrets: ["to"] } };
  return around;
}

Deno.test("failed list masks the secrets of the queue's worker, in the body and in errors", async () => {
  const { shown, message, table, groups } = await listed(withSecrets(), BODY);
  assert.equal(shown, '{"to":"***","id":9007199254740993}');
  assert.equal(message, "no ***");
  assert.match(groups, /\n {2}no \*\*\*\n/);
  assert.match(table, /error {3}m\n {2}53 bytes; no \*\*\*\n/);
});

Deno.test("failed list shows the length of an invalid event whose worker has secrets", async () => {
  assert.equal((await listed(withSecrets(), BODY, { reason: "invalid" })).shown, "[53 bytes]");
  assert.equal((await listed(withSecrets(), "ada@example.com")).shown, "[15 bytes]");
  assert.equal((await listed(withSecrets(), new Uint8Array([0xff]))).shown, "[1 byte]");
});

Deno.test("failed list shows everything of a worker without secrets", async () => {
  const { shown, message } = await listed(new MemoryServices(), BODY);
  assert.deepEqual([shown, message], [BODY, "no ada@example.com!!"]);
});

Deno.test("failed list shows types and lengths of a queue that has no worker here", async () => {
  const { shown } = await listed(new MemoryServices(), BODY, { queue: "gone" });
  assert.equal(shown, '{"to": [string of 17], "id": number}');
  const notJson = await listed(new MemoryServices(), "ada@example.com", { queue: "gone" });
  assert.equal(notJson.shown, "[15 bytes]");
});

Deno.test("failed list shows types and lengths where the worker does not load, and says so", async () => {
  const around = new MemoryServices();
  around.trials = { test: { problem: "workers/test.ts does not load: Error: no" } };
  assert.equal((await listed(around, BODY)).shown, '{"to": [string of 17], "id": number}');
  assert.equal(
    around.warned[0],
    "only types and lengths are shown, as the worker is not loaded: workers/test.ts does not " +
      "load: Error: no",
  );
});
