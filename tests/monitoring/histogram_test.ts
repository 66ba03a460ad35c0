import assert from "node:assert/strict";
import fc from "fast-check";
import { Histogram } from "../../lib/monitoring/histogram.ts";

function filled(durations: Iterable<number>): Histogram {
  const histogram = new Histogram(0);
  for (const duration of durations) histogram.add(duration);
  return histogram;
}

function exact(durations: readonly number[], share: number): number | undefined {
  const sorted = durations.toSorted((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1];
}

Deno.test("Histogram.percentile is within 10 % of the exact one", () => {
  const ms = fc.oneof(
    fc.double({ min: 0.01, max: 1e9, noNaN: true }),
    fc.double({ min: 0.01, max: 100, noNaN: true }),
  );
  fc.assert(fc.property(fc.array(ms, { minLength: 1, maxLength: 300 }), (durations) => {
    const histogram = filled(durations);
    for (const share of [0.5, 0.99]) {
      const answer = histogram.percentile(share) ?? NaN;
      const right = exact(durations, share) ?? NaN;
      assert.ok(Math.abs(answer - right) <= 0.1 * right, `${share}: ${answer}, not ${right}`);
    }
  }));
});

Deno.test("Histogram.percentile is null when nothing was added", () => {
  assert.equal(filled([]).percentile(0.5), null);
});

Deno.test("Histogram counts NaN as 0 and infinity as very long", () => {
  assert.equal(filled([0, -5, NaN, 1e-9]).percentile(0.99), 0);
  assert.ok((filled([Infinity]).percentile(0.5) ?? 0) > 365 * 86_400_000);
});

Deno.test("Histogram.rotate forgets in two steps of five minutes", () => {
  const histogram = filled([100]);
  histogram.rotate(299_999);
  histogram.rotate(300_000);
  histogram.add(1);
  assert.ok((histogram.percentile(0.99) ?? 0) > 90);
  histogram.rotate(600_000);
  assert.ok((histogram.percentile(0.99) ?? 0) < 2);
  histogram.rotate(900_000);
  assert.equal(histogram.percentile(0.99), null);
});

Deno.test("Histogram.rotate forgets all after a long pause", () => {
  const histogram = filled([100]);
  histogram.rotate(10_000_000);
  assert.equal(histogram.percentile(0.5), null);
});
