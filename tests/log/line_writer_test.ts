import assert from "node:assert/strict";
import { LineWriter } from "../../lib/log/line_writer.ts";

/** A sink with a script: each write takes a number of bytes, or throws. */
class ScriptedSink {
  text = "";
  readonly #script: (number | Error)[];

  constructor(...script: (number | Error)[]) {
    this.#script = script;
  }

  writeSync(bytes: Uint8Array): number {
    const next = this.#script.shift() ?? bytes.length;
    if (typeof next !== "number") throw next;
    this.text += new TextDecoder().decode(bytes.subarray(0, next));
    return Math.min(next, bytes.length);
  }
}

const full = () => new Deno.errors.WouldBlock("full");
const lost = (count: number) => `lost ${count}\n`;
const many = (count: number) => Array.from({ length: count }, full);

Deno.test("LineWriter finishes lines that are written in parts", () => {
  const sink = new ScriptedSink(1, 2, 3);
  new LineWriter(sink, lost).write("0123456789\n");
  assert.equal(sink.text, "0123456789\n");
});

Deno.test("LineWriter waits for a full pipe", () => {
  const sink = new ScriptedSink(3, ...many(5));
  let waits = 0;
  new LineWriter(sink, lost, () => waits++).write("012345\n");
  assert.deepEqual([sink.text, waits], ["012345\n", 5]);
});

Deno.test("LineWriter drops lines of a pipe that stays full, waits once, and says how many", () => {
  const sink = new ScriptedSink(...many(101), ...many(2));
  let waits = 0;
  const writer = new LineWriter(sink, lost, () => waits++);
  writer.write("a\n"); // waits in vain
  assert.deepEqual([sink.text, waits], ["", 100]);
  writer.write("b\n"); // neither the line nor that one is lost goes through
  writer.write("c\n");
  assert.deepEqual([sink.text, waits], ["lost 2\nc\n", 100]);
});

Deno.test("LineWriter finishes a started line before any other", () => {
  const sink = new ScriptedSink(2, ...many(101), ...many(1));
  const writer = new LineWriter(sink, lost, () => {});
  writer.write("first\n");
  writer.write("second\n");
  assert.equal(sink.text, "fi");
  writer.write("third\n");
  assert.equal(sink.text, "first\nlost 1\nthird\n");
});

Deno.test("LineWriter does not wait for a pipe that is broken, and does not throw", () => {
  const broken = () => new Deno.errors.BrokenPipe("broken");
  const sink = new ScriptedSink(broken(), broken(), broken());
  const writer = new LineWriter(sink, lost, () => assert.fail("waited"));
  writer.write("a\n");
  writer.write("b\n");
  assert.equal(sink.text, "");
});
