import assert from "node:assert/strict";
import { counted, nounFor } from "../../lib/errors/counted.ts";

Deno.test("counted uses the singular for one only", () => {
  const table = [[0, "0 events"], [1, "1 event"], [2, "2 events"]] as const;
  for (const [count, text] of table) assert.equal(counted(count, "event"), text);
  assert.equal(nounFor(1, "queue"), "queue");
});
