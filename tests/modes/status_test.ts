/**
 * The line about the queues of a process, for systemd.
 *
 * @module
 */

import assert from "node:assert/strict";
import { statusLine } from "../../lib/modes/run/status.ts";

Deno.test("the line for systemd names each queue that is not consumed, and what it waits for", () => {
  const all = [
    { queue: "missedmessage_emails", state: "waiting for SMTP" },
    { queue: "test", state: "consuming" },
    { queue: "noop", state: "parked" },
  ];
  assert.equal(
    statusLine({ all } as unknown as Parameters<typeof statusLine>[0], true),
    "3 queues, missedmessage_emails waiting for SMTP, noop parked",
  );
});
