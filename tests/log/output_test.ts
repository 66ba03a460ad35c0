import assert from "node:assert/strict";
import { Output } from "../../lib/log/output.ts";
import { StoppedStream } from "../fixtures/output_stream.ts";
import { until } from "../fixtures/until.ts";

/** An hour: a test that waits for a flush to give up hangs. */
const LONG_MS = 3_600_000;
/** A line of a KiB, so that 1024 of them fill the buffer. */
const kib = (n: number) => `${n} `.padEnd(1023, "x") + "\n";
const numberOf = (line: string) => Number(line.split(" ")[0]);

/** An output that reports what it dropped in a line of its own. */
function outputTo(stream: StoppedStream): Output {
  const output = new Output(stream);
  output.onLost((count) => void output.keep(`lost ${count}\n`));
  return output;
}

Deno.test("Output writes a line before it returns where the stream takes it at once", () => {
  const stream = new StoppedStream(100);
  outputTo(stream).write("now\n");
  assert.equal(stream.text, "now\n");
});

for (const canTry of [true, false]) {
  const how = canTry ? "a pipe" : "a file";
  Deno.test(`Output keeps the order of lines while the reader of ${how} stops and goes on`, async () => {
    const stream = new StoppedStream(6, canTry);
    const output = outputTo(stream);
    for (const line of ["1\n", "2\n", "3456789\n", "10\n"]) output.write(line);
    stream.read();
    output.write("11\n");
    await output.flush(LONG_MS);
    assert.deepEqual(stream.lines, ["1", "2", "3456789", "10", "11"]);
  });
}

Deno.test("Output keeps 1 MiB for a reader that has stopped, and says how many more lines were dropped", async () => {
  const stream = new StoppedStream();
  const output = outputTo(stream);
  for (let n = 0; n < 1100; n++) output.write(kib(n));
  assert.equal(stream.text, "");
  stream.read();
  await output.flush(LONG_MS);
  output.write("after\n");
  const last = stream.lines.splice(1024);
  assert.deepEqual(
    stream.lines.slice(0, 1024).map(numberOf),
    Array.from({ length: 1024 }, (_, n) => n),
  );
  assert.deepEqual(last, ["lost 76", "after"]);
});

Deno.test("Output keeps a limited number of lines, however short they are", async () => {
  const stream = new StoppedStream();
  const output = outputTo(stream);
  for (let n = 0; n < 100_000; n++) output.write("\n");
  stream.read();
  await output.flush(LONG_MS);
  const kept = stream.lines.length - 1;
  assert.ok(kept > 32_000 && kept < 33_000, String(kept));
  assert.equal(stream.lines.at(-1), `lost ${100_000 - kept}`);
});

Deno.test("Output says how many lines were dropped when the reader goes on, without another line", async () => {
  const stream = new StoppedStream();
  const output = outputTo(stream);
  for (let n = 0; n < 1030; n++) output.write(kib(n));
  stream.read();
  await until("six lost lines are reported", () => stream.text.endsWith("lost 6\n"));
});

Deno.test("Output.keep drops nothing, and resolves when the line is written", async () => {
  const stream = new StoppedStream();
  const output = outputTo(stream);
  for (let n = 0; n < 1100; n++) output.write(kib(n));
  let isWritten = false;
  const kept = output.keep("result\n").then(() => isWritten = true);
  await new Promise((resolve) => setTimeout(resolve));
  assert(!isWritten);
  stream.read();
  await kept;
  assert(stream.lines.includes("result"));
});

Deno.test("Output.flush gives up after its time", async () => {
  const output = outputTo(new StoppedStream());
  output.write("never\n");
  await output.flush(1);
});

Deno.test("Output loses what a stream does not take that fails, and says so when it takes lines again", async () => {
  for (const canTry of [true, false]) {
    const stream = new StoppedStream(Infinity, canTry);
    const output = outputTo(stream);
    stream.fail(new Error("No space left on device"));
    output.write("a\n");
    output.write("b\n");
    await output.flush(LONG_MS);
    stream.fail(undefined);
    output.write("c\n");
    await output.flush(LONG_MS);
    assert.deepEqual(stream.lines, ["c", "lost 2"]);
  }
});

for (const canTry of [true, false]) {
  const how = canTry ? "a pipe" : "a file";
  Deno.test(`Output ends a line that ${how} took in part, and counts only what it did not take`, async () => {
    const stream = new StoppedStream(Infinity, canTry);
    const output = outputTo(stream);
    stream.fail(new Error("No space left on device"), 10);
    for (const line of ["whole 1\n", "torn 2\n", "lost 3\n"]) output.write(line);
    await output.flush(LONG_MS);
    output.write("lost 4\n");
    await output.flush(LONG_MS);
    stream.fail(undefined);
    for (const line of ["whole 5\n", "whole 6\n"]) output.write(line);
    await output.flush(LONG_MS);
    assert.deepEqual(stream.lines.toSorted(), ["lost 3", "to", "whole 1", "whole 5", "whole 6"]);
  });
}

Deno.test("Output counts what was lost before it came to it", () => {
  const stream = new StoppedStream(100);
  outputTo(stream).lose(3);
  assert.equal(stream.text, "lost 3\n");
});

Deno.test("Output takes a line that is longer than its buffer", async () => {
  const stream = new StoppedStream();
  const output = outputTo(stream);
  const line = "x".repeat(2_000_000) + "\n";
  output.write(line);
  output.write("too much\n");
  stream.read();
  await output.flush(LONG_MS);
  assert.equal(stream.text, line + "lost 1\n");
});

Deno.test("Output keeps nothing of the writes to a file that are over", async () => {
  // A promise keeps what waits for it until it is resolved: how many wait for each.
  const waits = new Map<Promise<unknown>, number>();
  const { then } = Promise.prototype;
  Promise.prototype.then = function (
    this: Promise<unknown>,
    ...args: Parameters<typeof then>
  ) {
    waits.set(this, (waits.get(this) ?? 0) + 1);
    return then.apply(this, args);
  } as typeof then;
  const stream = new StoppedStream(1_000, false);
  stream.read();
  const output = outputTo(stream);
  try {
    for (let n = 1; n <= 10; n++) {
      output.write(`${n}\n`);
      await until("it is written", () => stream.lines.includes(`${n}`));
    }
  } finally {
    Promise.prototype.then = then;
  }
  await output.flush(LONG_MS);
  assert.ok(Math.max(0, ...waits.values()) < 10, `${Math.max(...waits.values())} wait on one`);
});
