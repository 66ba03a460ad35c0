/** The push servers for development. */
import assert from "node:assert/strict";
import { pushLines } from "../../scripts/push/show.ts";
import type { PushReceived } from "../../scripts/push/script.ts";

const RECEIVED: PushReceived = {
  service: "apns",
  method: "POST",
  path: "/3/device/abcd",
  what: "abcd",
  headers: { "apns-push-type": "alert", "apns-priority": "10" },
  text: '{"aps":{"alert":{"body":"red \\u001b[31m"}},"push_account_id":9007199254740993}',
  status: 200,
  isDone: true,
  connection: 1,
  at: 0,
};

Deno.test("a push is shown with its device, its answer and what it says", () => {
  assert.deepEqual(pushLines(RECEIVED), [
    "apns abcd (alert, priority 10)",
    "  answered 200",
    '  aps: {"alert":{"body":"red \\u001b[31m"}}',
    "  push_account_id: 9007199254740993",
  ]);
});

Deno.test("a form is shown by its fields, and cannot control the terminal", () => {
  const form = { service: "bouncer", what: "push/e2ee/register", headers: {} } as const;
  const text = "realm_uuid=1&bouncer_public_key=%1b%5B31m";
  assert.deepEqual(pushLines({ ...RECEIVED, ...form, text, status: 0 }), [
    "bouncer push/e2ee/register",
    "  answered nothing",
    "  realm_uuid: 1",
    "  bouncer_public_key:  [31m",
  ]);
});
