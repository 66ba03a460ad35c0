import assert from "node:assert/strict";
import { combine } from "../../lib/monitoring/combine.ts";
import type { Report } from "../../lib/engine/report.ts";

const WOKE: Report = { kind: "woke", queue: "test" };

Deno.test("combine passes every report to all, in order", () => {
  const seen: string[] = [];
  const report = combine(() => seen.push("a"), () => seen.push("b"));
  report(WOKE);
  report(WOKE);
  assert.deepEqual(seen, ["a", "b", "a", "b"]);
});

Deno.test("combine reports a reporter that throws to the others, once", () => {
  const seen: Report[] = [];
  const broken = () => {
    throw new Error("password=hunter2");
  };
  const report = combine(broken, (one) => void seen.push(one), broken);
  report(WOKE);
  report(WOKE);
  assert.equal(seen.filter((one) => one === WOKE).length, 2);
  const [notice, ...more] = seen.filter((one) => one.kind === "notice");
  assert.deepEqual(more, []);
  assert.deepEqual([notice?.level, notice?.error?.message], ["error", "password=***"]);
});

Deno.test("combine of none does nothing", () => {
  combine()(WOKE);
});
