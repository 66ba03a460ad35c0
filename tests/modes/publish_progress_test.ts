import assert from "node:assert/strict";
import { Progress, progressLine } from "../../lib/modes/publish/progress.ts";

Deno.test("progressLine shows count and rate where the size is not known", () => {
  const line = progressLine({ events: 12_345, seconds: 2, fraction: undefined });
  assert.equal(line, "12,345 events, 6,173/s");
});

Deno.test("progressLine shows a bar and per cent where the size is known", () => {
  const line = progressLine({ events: 10, seconds: 0, fraction: 0.5 });
  assert.equal(line, "[############            ]  50 %  10 events, 0/s");
});

Deno.test("Progress writes at most ten times a second, and clears its line", () => {
  let now = 1000;
  let written = "";
  const progress = new Progress((text) => written += text, 200, () => now);
  for (let event = 0; event < 3; event++) {
    progress.update(event * 10, event * 100);
    now += 60;
  }
  progress.end();
  assert.equal(
    written,
    "\r\x1b[K[                        ]   0 %  0 events, 0/s" +
      "\r\x1b[K[########################] 100 %  20 events, 167/s\r\x1b[K",
  );
});

Deno.test("Progress writes nothing for an input that ends at once", () => {
  let written = "";
  new Progress((text) => written += text, undefined).end();
  assert.equal(written, "");
});
