import assert from "node:assert/strict";
import { join } from "node:path";
import { asctime, ErrorFile } from "../../lib/monitoring/error_file.ts";
import { hungFile } from "../fixtures/hung_file.ts";
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
  shareMs: 0,
  inFlight: 0,
  reason: "error",
};
const refuse = (report: Report) => assert.fail(JSON.stringify(report));

/** The content of the file after one failure with this body. */
async function written(body: string | Uint8Array | undefined): Promise<string> {
  const dir = Deno.makeTempDirSync();
  try {
    const file = new ErrorFile(join(dir, "a", "b"), "test", refuse, () => NOW);
    file.report(body === undefined ? FAILED : { ...FAILED, body });
    await file.flush();
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

Deno.test("ErrorFile writes Zulip's line, byte for byte", async () => {
  assert.equal(
    await written('{"user_id":5,"text":"é"}'),
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
  Deno.test(`ErrorFile writes ${what} so that it can be read back`, async () => {
    assert.deepEqual(readBack(await written(body)), [event]);
  });
}

Deno.test("ErrorFile keeps every digit of a large number", async () => {
  assert.ok((await written('{"id":12345678901234567890}')).includes("12345678901234567890"));
});

Deno.test("ErrorFile writes an empty array when there is no body", async () => {
  assert.deepEqual(readBack(await written(undefined)), []);
});

Deno.test("ErrorFile appends its queue's events in order, and only its owner may read it", async () => {
  const dir = Deno.makeTempDirSync();
  const file = new ErrorFile(dir, "test", refuse);
  file.report({ ...FAILED, body: "1" });
  file.report({ ...FAILED, body: "2" });
  file.report({ ...FAILED, queue: "other", body: "3" });
  await file.flush();
  file.report({ ...FAILED, body: "4" });
  await file.flush();
  const lines = Deno.readTextFileSync(join(dir, "test.errors")).split("\n");
  assert.deepEqual(lines.map((line) => line.split("\t")[1]), ["[1]", "[2]", "[4]", undefined]);
  for (const { name } of Deno.readDirSync(dir)) {
    assert.equal((Deno.statSync(join(dir, name)).mode ?? 0) & 0o777, 0o600, name);
  }
  Deno.removeSync(dir, { recursive: true });
});

Deno.test("ErrorFile ignores everything but failures", async () => {
  const file = new ErrorFile("/dev/null/nowhere", "test", refuse);
  file.report({ kind: "woke", queue: "test" });
  file.report({ kind: "notice", level: "error", message: "x" });
  for (const outcome of ["processed", "discarded", "retried", "released"] as const) {
    file.report({ ...FAILED, outcome });
  }
  await file.flush();
});

Deno.test("ErrorFile writes even if another process keeps the lock", async () => {
  const dir = Deno.makeTempDirSync();
  {
    using lock = Deno.openSync(join(dir, "test.errors.lock"), { create: true, write: true });
    lock.lockSync(true);
    const file = new ErrorFile(dir, "test", refuse);
    file.report({ ...FAILED, body: "1" });
    await file.flush();
  }
  assert.match(Deno.readTextFileSync(join(dir, "test.errors")), /\t\[1\]\n$/);
  Deno.removeSync(dir, { recursive: true });
});

Deno.test("ErrorFile cuts off nothing of others that it could not wait for, when its disk is full", async () => {
  const dir = Deno.makeTempDirSync();
  const path = join(dir, "test.errors");
  using lock = Deno.openSync(`${path}.lock`, { create: true, write: true });
  lock.lockSync(true);
  const { write } = Deno.FsFile.prototype;
  Deno.FsFile.prototype.write = () => {
    Deno.writeTextFileSync(path, "theirs\n", { append: true });
    return Promise.reject(new Error("No space left on device"));
  };
  try {
    const file = new ErrorFile(dir, "test", () => {});
    file.report({ ...FAILED, body: "1" });
    await file.flush();
  } finally {
    Deno.FsFile.prototype.write = write;
  }
  assert.equal(Deno.readTextFileSync(path), "theirs\n");
  Deno.removeSync(dir, { recursive: true });
});

Deno.test("ErrorFile warns once a minute when it cannot write, and says what to do", async () => {
  const notices: NoticeReport[] = [];
  let now = NOW;
  const notify = (report: Report) => void (report.kind === "notice" && notices.push(report));
  const file = new ErrorFile("/dev/null/nowhere", "test", notify, () => now);
  const fail = async (body: string) => {
    file.report({ ...FAILED, body });
    await file.flush();
  };
  await fail("1");
  await fail("2");
  now += 60_000;
  await fail("3");
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

Deno.test("ErrorFile on a disk that does not answer keeps 1 MiB, and warns of what it drops", async () => {
  const dir = Deno.makeTempDirSync();
  const notices: NoticeReport[] = [];
  const notify = (report: Report) => void (report.kind === "notice" && notices.push(report));
  const hung = await hungFile(join(dir, "test.errors"));
  const file = new ErrorFile(dir, "test", notify);
  file.report({ ...FAILED, body: "0" });
  const body = JSON.stringify("x".repeat(300 * 1024));
  for (let n = 0; n < 5; n++) file.report({ ...FAILED, body });
  assert.deepEqual(notices.map(({ error }) => error?.message), [
    "it does not take them in time",
  ]);
  let text = "";
  while (text.split("\n").length <= 4) text += await hung.release();
  assert.deepEqual(text.split("\n").map((line) => line.split("\t")[1]?.length), [
    3,
    ...[body, body, body].map((one) => one.length + 2),
    undefined,
  ]);
  await file.flush();
  Deno.removeSync(dir, { recursive: true });
});
