import assert from "node:assert/strict";
import worker from "../../workers/test.ts";
import { inFolder } from "../database/each_database.ts";
import { runProgram } from "../fixtures/run_program.ts";
import { contextFor, runOne } from "./context.ts";

function workerTest(name: string, fn: (file: string) => Promise<void>): void {
  Deno.test(name, () => inFolder((folder) => fn(`${folder}/test-file`)));
}

async function append(testFile: string, ...events: unknown[]): Promise<void> {
  await using ctx = contextFor({ queue: "test", testFile });
  await Promise.all(events.map((event) => runOne(worker, event, ctx)));
}

Deno.test("test is a test queue of objects", () => {
  assert.equal(worker.isTestQueue, true);
  for (const body of [1, "text", null, [], true]) {
    assert.equal(worker.event.safeParse(body).success, false);
  }
});

workerTest("test appends each event as one line of JSON", async (file) => {
  await append(file, { b: 1, a: "two\nlines", nested: { list: [null, "ü😀"] } });
  await append(file, {});
  assert.equal(
    await Deno.readTextFile(file),
    '{"b":1,"a":"two\\nlines","nested":{"list":[null,"ü😀"]}}\n{}\n',
  );
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
  await assert.rejects(append("/dev/full", {}), {
    message:
      /^The test worker cannot append to \/dev\/full \(No space left on device.*\): set ZULIP_WORKER_TEST_FILE to a file it may write\.$/,
  });
});

workerTest("test fails where its file cannot be written", async (file) => {
  await assert.rejects(append(`${file}/below`, {}), {
    message: new RegExp(
      `^The test worker cannot append to ${file}/below \\(.+\\): set ZULIP_WORKER_TEST_FILE to a file it may write\\.$`,
    ),
  });
});
