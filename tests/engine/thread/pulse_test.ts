import assert from "node:assert/strict";
import { Pulse } from "../../../lib/engine/thread/pulse.ts";

Deno.test("a pulse shows that a thread runs, and how large its heap is", () => {
  const pulse = new Pulse();
  const thread = new Pulse(pulse.buffer);
  assert.deepEqual([pulse.heartbeats, pulse.heapUsedMb], [0, 0]);
  thread.beat(12);
  assert.deepEqual([pulse.heartbeats, pulse.heapUsedMb], [1, 12]);
});
