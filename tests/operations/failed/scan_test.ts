import assert from "node:assert/strict";
import { containing, type RowQuery, Scan } from "../../../lib/operations/failed/scan.ts";
import { handleOf } from "../../../lib/operations/failed/handle.ts";
import { raw, shape } from "../../../lib/operations/failed/view.ts";
import { deadLetter, type Letter } from "../../fixtures/dead_letters.ts";

const NOW = Date.parse("2026-01-02T12:00:00Z");
const QUERY: RowQuery = { limit: 50, order: "newest" };

function at(minutes: number): string {
  return new Date(NOW - minutes * 60_000).toISOString();
}

/** A scan of these letters, the oldest first. */
function scanOf(letters: readonly Letter[]): Scan {
  const scan = new Scan("mails", raw, NOW);
  for (const letter of letters) scan.add(deadLetter(letter));
  scan.end({ scanned: letters.length, of: letters.length, complete: true });
  return scan;
}

const LETTERS: readonly Letter[] = [
  { id: "a", failedAt: at(90), name: "Busy", message: "451 later", body: '{"to":"Ada"}' },
  { id: "b", failedAt: at(20), name: "Busy", message: "452 later", body: '{"to":"Eve"}' },
  { id: "c", failedAt: at(1), reason: "timeout", name: "TimeoutError", message: "no answer" },
  { id: "d", failedAt: at(0), name: "Busy", message: "453 later", body: "x".repeat(5000) },
];

/** A query and the ids that it finds. */
const QUERIES: [title: string, query: Partial<RowQuery>, ids: string[]][] = [
  ["nothing", {}, ["d", "c", "b", "a"]],
  ["the oldest first", { order: "oldest" }, ["a", "b", "c", "d"]],
  ["a limit", { limit: 2 }, ["d", "c"]],
  ["a reason", { reason: "timeout" }, ["c"]],
  ["a part of the body", { error: "ada" }, ["a"]],
  ["a part of the error", { error: "BUSY: 45" }, ["d", "b", "a"]],
  ["older than", { older_than: 600 }, ["b", "a"]],
  ["newer than", { newer_than: 60 }, ["d", "c"]],
  ["what is not there", { group: "00000000" }, []],
];

for (const [title, query, ids] of QUERIES) {
  Deno.test(`the page of a scan by ${title}`, () => {
    const page = scanOf(LETTERS).page({ ...QUERY, ...query }, NOW);
    assert.deepEqual(page?.events.map(({ id }) => id), ids);
    assert.equal(page?.matched, title === "a limit" ? 4 : ids.length);
    assert.equal(page?.kept, 4);
  });
}

Deno.test("a scan says its groups, reasons, times and the last half hour", () => {
  const page = scanOf(LETTERS).page(QUERY, NOW);
  const [busy, timeout] = page?.groups ?? [];
  assert.deepEqual([busy?.name, busy?.count, timeout?.count], ["Busy", 3, 1]);
  assert.deepEqual(page?.reasons, { error: 3, timeout: 1 });
  assert.deepEqual([page?.oldest_at, page?.newest_at], [at(90), at(0)]);
  const trend = page?.trend[busy?.fingerprint ?? ""] ?? [];
  assert.deepEqual([trend.length, trend[9], trend[29]], [30, 1, 1]);
  assert.equal(trend.reduce((sum, count) => sum + count), 2, "one is older");
  assert.equal(page?.events[0]?.body_start.length, 1000);
});

Deno.test("pages go on behind the last row, and say when that is gone", () => {
  const scan = scanOf(LETTERS);
  const first = scan.page({ ...QUERY, limit: 3 }, NOW);
  const rest = scan.page({ ...QUERY, limit: 3, after: first?.next ?? "" }, NOW);
  assert.deepEqual(rest?.events.map(({ id }) => id), ["a"]);
  assert.equal(rest?.next, null);
  assert.equal(scan.page({ ...QUERY, after: "0123456789ab" }, NOW), undefined);
  const handle = handleOf(deadLetter(LETTERS[1]));
  const { previous, next, group_count } = scan.beside(handle);
  assert.deepEqual([previous, next], [2, 0].map((n) => handleOf(deadLetter(LETTERS[n]))));
  assert.equal(group_count, 3);
});

Deno.test("of many events a scan counts all, and keeps the newest 10,000", () => {
  const scan = new Scan("mails", raw, NOW);
  for (let n = 0; n < 12_000; n++) scan.add(deadLetter({ id: String(n), failedAt: at(0) }));
  const page = scan.page({ ...QUERY, limit: 1 }, NOW);
  assert.equal(page?.groups[0]?.count, 12_000);
  assert.equal(page?.events[0]?.id, "11999");
  assert(page.kept <= 10_000 && page.kept >= 9000, String(page.kept));
});

Deno.test("large bodies do not fill the memory", () => {
  const scan = new Scan("mails", raw, NOW);
  const message = "é".repeat(10_000);
  for (let n = 0; n < 11_000; n++) {
    scan.add(deadLetter({ id: String(n), body: "x".repeat(5000), message }));
  }
  const { kept = 0 } = scan.page(QUERY, NOW) ?? {};
  assert(kept > 1000 && kept <= 10_000, String(kept));
});

Deno.test("a row keeps the start of a body and not the rest of it in memory", async () => {
  // 2,000 bodies of 200 kB are four times what the thread may hold.
  const source = `
    import { Scan } from ${
    JSON.stringify(import.meta.resolve("../../../lib/operations/failed/scan.ts"))
  };
    import { raw } from ${
    JSON.stringify(import.meta.resolve("../../../lib/operations/failed/view.ts"))
  };
    const scan = new Scan("mails", raw, 0);
    const body = new TextEncoder().encode("x".repeat(200_000));
    for (let n = 0; n < 2000; n++) scan.add({ body, properties: { messageId: String(n) } });
    console.log(scan.page({ limit: 1, order: "newest" }, 0).kept);
  `;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--v8-flags=--max-old-space-size=100", source],
    stderr: "null",
  }).output();
  assert.equal(new TextDecoder().decode(stdout).trim(), "2000");
});

Deno.test("words and times of other programs are cut", () => {
  const scan = new Scan("mails", raw, NOW);
  const long = "y".repeat(5000);
  scan.add(deadLetter({ reason: long, name: long, failedAt: long }));
  const [row] = scan.page(QUERY, NOW)?.events ?? [];
  for (const text of [row?.reason, row?.name, row?.failed_at]) assert.equal(text?.length, 200);
});

Deno.test("a search means the same rows in the list and in a repair: those that are shown", () => {
  const letter = deadLetter({ body: '{"to":"Ada"}' });
  assert.equal(containing("ADA", raw)(letter), true);
  assert.equal(containing("ada", shape)(letter), false, "it is not shown");
  assert.equal(containing(handleOf(letter), shape)(letter), true);
});
