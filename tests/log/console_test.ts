import assert from "node:assert/strict";
import nodeConsole from "node:console";
import process from "node:process";
import { redirectConsole, redirectProcessStreams } from "../../lib/log/console.ts";

/** What is printed meanwhile, each text after the number of its stream. */
function printed(print: () => void): string[] {
  const before = { ...console };
  const texts: string[] = [];
  redirectConsole((fd, text) => void texts.push(`${fd} ${text}`));
  try {
    print();
  } finally {
    Object.assign(console, before);
  }
  return texts;
}

Deno.test("redirectConsole sends each method's text to its stream", () => {
  const { log } = console;
  assert.deepEqual(
    printed(() => {
      console.log("a %s", "b", { c: [1] });
      console.info("i");
      console.debug("d");
      console.warn("w");
      console.error(new RangeError("bad").message);
      console.assert(1 > 2, "no");
      console.group("g");
      console.log("in\nside");
      console.groupEnd();
      console.table([{ x: 1 }]);
    }).map((text) => text.replace(/┌[^]*/, "table\n")),
    [
      "1 a b { c: [ 1 ] }\n",
      "1 i\n",
      "1 d\n",
      "2 w\n",
      "2 bad\n",
      "2 Assertion failed: no\n",
      "1 g\n",
      "1   in\n  side\n",
      "1 table\n",
    ],
  );
  assert.equal(console.log, log);
});

Deno.test("redirectConsole shows objects as deep as Deno does", () => {
  const [text] = printed(() => console.log({ a: { b: { c: { d: { e: { f: 1 } } } } } }));
  assert.match(text ?? "", /e: \[Object\]/);
});

Deno.test("redirectConsole holds for node:console as well", () => {
  assert.deepEqual(printed(() => nodeConsole.log("x")), ["1 x\n"]);
});

/** What is printed meanwhile by `process.stdout` and `process.stderr`. */
async function written(print: () => Promise<void> | void): Promise<string[]> {
  const { stdout, stderr } = process;
  const [writeOut, writeErr] = [stdout.write, stderr.write];
  const texts: string[] = [];
  redirectProcessStreams((fd, text) => void texts.push(`${fd} ${text}`));
  try {
    await print();
  } finally {
    [stdout.write, stderr.write] = [writeOut, writeErr];
  }
  return texts;
}

const { stdout, stderr } = process;

Deno.test("redirectProcessStreams takes text and bytes, and calls back", async () => {
  const texts = await written(async () => {
    assert(stdout.write("a\n"));
    await new Promise<unknown>((resolve) => stderr.write("b\n", "utf-8", resolve));
    await new Promise<unknown>((resolve) => stdout.write(new Uint8Array([0x63, 0x0a]), resolve));
  });
  assert.deepEqual(texts, ["1 a\n", "2 b\n", "1 c\n"]);
});

Deno.test("redirectProcessStreams prints whole lines, however they are written", async () => {
  const bytes = new TextEncoder().encode("é\n2");
  const texts = await written(() => {
    for (const text of ["1", ".", "0 "]) stderr.write(text);
    for (const byte of bytes) stderr.write(Uint8Array.of(byte));
    for (const text of ["\n3", "x".repeat(70_000), "y\n"]) stderr.write(text);
  });
  const [first, second, third, fourth] = texts;
  assert.deepEqual([first, second, fourth], ["2 1.0 é\n", "2 2\n", "2 y\n"]);
  assert.equal(third, `2 3${"x".repeat(70_000)}\n`);
});
