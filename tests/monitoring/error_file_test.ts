import assert from "node:assert/strict";
import { join } from "node:path";
import { asctime, errorFileReporter } from "../../lib/monitoring/error_file.ts";
import type { NoticeReport, Report, SettledReport } from "../../lib/engine/report.ts";

const NOW = new Date(2025, 11, 18, 13, 6, 14).getTime();
const FAILED: SettledReport = {
  kind: "settled",
  queue: "test",
  id: "",
  outcome: "failed",
  attempt: 4,
  waitMs: 0,
  runMs: 0,
  inFlight: 0,
  reason: "error",
};
const refuse = (report: Report) => assert.fail(JSON.stringify(report));

/** The content of the file after one failure with this body. */
function written(body: string | Uint8Array | undefined): string {
  const dir = Deno.makeTempDirSync();
  try {
    const report = errorFileReporter(join(dir, "a", "b"), refuse, () => NOW);
    report(body === undefined ? FAILED : { ...FAILED, body });
    return Deno.readTextFileSync(join(dir, "a", "b", "test.errors"));
  } finally {
    Deno.removeSync(dir, { recursive: true });
  }
}

/** Reads lines of the form `timestamp<TAB>JSON<LF>`. */
function readBack(line: string): unknown {
  assert.equal(line.indexOf("\n"), line.length - 1);
  const [time, json, ...more] = line.split("\t");
  assert.deepEqual([time, more], ["Thu Dec 18 13:06:14 2025", []]);
  return JSON.parse(json ?? "");
}

Deno.test("asctime writes local time as C does, with a space before a day of one digit", () => {
  assert.equal(asctime(new Date(NOW)), "Thu Dec 18 13:06:14 2025");
  assert.equal(asctime(new Date(2026, 0, 2, 3, 4, 5)), "Fri Jan  2 03:04:05 2026");
});

Deno.test("errorFileReporter writes Zulip's line, byte for byte", () => {
  assert.equal(
    written('{"user_id":5,"text":"é"}'),
    'Thu Dec 18 13:06:14 2025\t[{"user_id":5,"text":"é"}]\n',
  );
});

const BODIES: readonly [what: string, body: string | Uint8Array, event: unknown][] = [
  ["JSON", '{"a": [1, "b"]}', { a: [1, "b"] }],
  ["JSON on several lines with tabs", '{\n\t"a":\r\n\t1\n}\n', { a: 1 }],
  ["JSON with escaped tabs", '{"a":"x\\ty\\n"}', { a: "x\ty\n" }],
  ["JSON as bytes", new TextEncoder().encode('"é"'), "é"],
  ["text that is not JSON", 'not\tJSON\n"', 'not\tJSON\n"'],
  ["no text at all", "", ""],
  ["bytes that are not UTF-8", new Uint8Array([0x61, 0xff, 0x62]), "a\ufffdb"],
  ["JSON that is nested too deep", "[".repeat(1_000_000), "[".repeat(1_000_000)],
];

for (const [what, body, event] of BODIES) {
  Deno.test(`errorFileReporter writes ${what} so that it can be read back`, () => {
    assert.deepEqual(readBack(written(body)), [event]);
  });
}

Deno.test("errorFileReporter keeps every digit of a large number", () => {
  assert.ok(written('{"id":12345678901234567890}').includes("12345678901234567890"));
});

Deno.test("errorFileReporter writes an empty array when there is no body", () => {
  assert.deepEqual(readBack(written(undefined)), []);
});

Deno.test("errorFileReporter appends, to files that only their owner may read", () => {
  const dir = Deno.makeTempDirSync();
  const report = errorFileReporter(dir, refuse);
  report({ ...FAILED, body: "1" });
  report({ ...FAILED, body: "2" });
  report({ ...FAILED, queue: "other", body: "3" });
  const lines = Deno.readTextFileSync(join(dir, "test.errors")).split("\n");
  assert.deepEqual(lines.map((line) => line.split("\t")[1]), ["[1]", "[2]", undefined]);
  for (const { name } of Deno.readDirSync(dir)) {
    assert.equal((Deno.statSync(join(dir, name)).mode ?? 0) & 0o777, 0o600, name);
  }
  Deno.removeSync(dir, { recursive: true });
});

Deno.test("errorFileReporter ignores everything but failures", () => {
  const report = errorFileReporter("/dev/null/nowhere", refuse);
  report({ kind: "woke", queue: "test" });
  report({ kind: "notice", level: "error", message: "x" });
  for (const outcome of ["processed", "discarded", "retried", "released"] as const) {
    report({ ...FAILED, outcome });
  }
});

Deno.test("errorFileReporter waits once for a lock that another process keeps, not for each failure", () => {
  const dir = Deno.makeTempDirSync();
  try {
    using lock = Deno.openSync(join(dir, "test.errors.lock"), { create: true, write: true });
    lock.lockSync(true);
    const report = errorFileReporter(dir, refuse, () => NOW);
    const began = performance.now();
    report({ ...FAILED, body: "{}" });
    const waited = performance.now();
    for (let i = 0; i < 20; i++) report({ ...FAILED, body: "{}" });
    const firstMs = waited - began;
    assert(performance.now() - waited < 5 * firstMs, "20 more take less than 5 times the first");
    assert.equal(Deno.readTextFileSync(join(dir, "test.errors")).split("\n").length, 22);
  } finally {
    Deno.removeSync(dir, { recursive: true });
  }
});

Deno.test("errorFileReporter writes even if another process keeps the lock", () => {
  const dir = Deno.makeTempDirSync();
  {
    using lock = Deno.openSync(join(dir, "test.errors.lock"), { create: true, write: true });
    lock.lockSync(true);
    errorFileReporter(dir, refuse)({ ...FAILED, body: "1" });
  }
  assert.match(Deno.readTextFileSync(join(dir, "test.errors")), /\t\[1\]\n$/);
  Deno.removeSync(dir, { recursive: true });
});

Deno.test("errorFileReporter warns once a minute when it cannot write, and says what to do", () => {
  const notices: NoticeReport[] = [];
  let now = NOW;
  const notify = (report: Report) => void (report.kind === "notice" && notices.push(report));
  const report = errorFileReporter("/dev/null/nowhere", notify, () => now);
  report({ ...FAILED, body: "1" });
  report({ ...FAILED, body: "2" });
  now += 60_000;
  report({ ...FAILED, body: "3" });
  assert.equal(notices.length, 2);
  const [notice] = notices;
  assert.deepEqual([notice?.level, notice?.queue], ["warning", "test"]);
  assert.equal(
    notice?.message,
    "Cannot write {path}: {error}. Failed events are still kept in {queue}.failed. " +
      "Let this user write to that folder, or unset QUEUE_ERROR_DIR.",
  );
  assert.deepEqual(notice?.properties, { path: "/dev/null/nowhere/test.errors" });
});
