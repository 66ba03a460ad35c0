/** The names by which the journal knows events. */

import assert from "node:assert/strict";
import { fingerprint } from "../../../../lib/engine/consumer/suspects/event_key.ts";

Deno.test("fingerprint tells bodies apart by their text and their length", () => {
  const bodies = ['{"id":1}', '{"id":2}', '{"id":1} ', "", "a".repeat(5000), "a".repeat(5001)];
  assert.equal(new Set(bodies.map(fingerprint)).size, bodies.length);
  assert.equal(fingerprint('{"id":1}'), fingerprint('{"id":1}'));
  assert(bodies.every((body) => fingerprint(body).length < 30));
});
