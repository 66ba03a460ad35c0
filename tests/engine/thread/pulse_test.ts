import assert from "node:assert/strict";
import { Pulse } from "../../../lib/engine/thread/pulse.ts";

Deno.test("a pulse tells that a thread lives, and of its heap", () => {
  const pulse = new Pulse();
  const thread = new Pulse(pulse.buffer);
  assert.deepEqual([pulse.heartbeats, pulse.heapUsedMb, pulse.isHeapFull], [0, 0, false]);
  thread.beat(12);
  thread.heapFull();
  assert.deepEqual([pulse.heartbeats, pulse.heapUsedMb, pulse.isHeapFull], [1, 12, true]);
});
