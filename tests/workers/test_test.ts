import assert from "node:assert/strict";
import { runEvent, type RunResult } from "process-queue/testing";
import worker from "../../workers/test.ts";
import { inFolder } from "../domain/database/each_database.ts";
import { runProgram } from "../fixtures/run_program.ts";

function workerTest(name: string, fn: (file: string) => Promise<void>): void {
  Deno.test(name, () => inFolder((folder) => fn(`${folder}/test-file`)));
}

function append(testFile: string, event: unknown): Promise<RunResult> {
  return runEvent(worker, event, { environment: { ZULIP_WORKER_TEST_FILE: testFile } });
}

/** Asserts that an event could not be appended and is retried. */
async function assertFails(testFile: string, message: RegExp): Promise<void> {
  const { outcome, error } = await append(testFile, {});
  assert.equal(outcome, "retried");
  assert.match(error?.message ?? "", message);
}

Deno.test("test is a test queue of objects", async () => {
  assert.equal(worker.isTestQueue, true);
  for (const event of [1, "text", null, [], true]) {
    const { outcome, reason } = await append("/dev/null", event);
    assert.deepEqual([outcome, reason], ["failed", "invalid"]);
  }
});

workerTest("test appends each event as one line of JSON", async (file) => {
  const { outcome, logs } = await append(file, {
    ...{ b: 1, a: "two\nlines", nested: { list: [null, "ü😀"] } },
  });
  assert.equal(outcome, "done");
  assert.deepEqual(logs.map(({ level, message }) => [level, message]), [
    ["debug", `TestWorker appends an event to ${file}`],
  ]);
  await append(file, {});
  assert.equal(
    await Deno.readTextFile(file),
    '{"b":1,"a":"two\\nlines","nested":{"list":[null,"ü😀"]}}\n{}\n',
  );
});

workerTest("test appends whole numbers of any size", async (file) => {
  await append(file, { id: 9007199254740993n });
  assert.equal(await Deno.readTextFile(file), '{"id":9007199254740993}\n');
});

workerTest("test keeps lines whole when several processes write", async (file) => {
  const processes = ["1", "2", "3"];
  const runs = processes.map((process) => runProgram("workers/append", [file, process]));
  for (const { stderr } of await Promise.all(runs)) assert.equal(stderr, "");
  const lines = (await Deno.readTextFile(file)).trimEnd().split("\n").map((line) =>
    JSON.parse(line)
  );
  for (const process of processes) {
    const indices = lines.filter((line) => line.process === process).map(({ index }) => index);
    assert.deepEqual(indices, Array.from({ length: 50 }, (_, index) => index));
  }
});

Deno.test("test fails where the disk is full", async () => {
  await assertFails(
    "/dev/full",
    /^The test worker cannot append to \/dev\/full \(No space left on device.*\): set ZULIP_WORKER_TEST_FILE to a file it may write\.$/,
  );
});

workerTest("test fails where its file cannot be written", async (file) => {
  await assertFails(
    `${file}/below`,
    new RegExp(
      `^The test worker cannot append to ${file}/below \\(.+\\): set ZULIP_WORKER_TEST_FILE to a file it may write\\.$`,
    ),
  );
});
