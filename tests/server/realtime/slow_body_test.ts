import assert from "node:assert/strict";
import { slowBody } from "../../../lib/server/realtime/slow_body.ts";

const LARGE = "é".repeat(100_000);

Deno.test("a body has the whole text, in pieces", async () => {
  const body = slowBody({ text: Promise.resolve(LARGE), onLeft: () => assert.fail() });
  const sizes: number[] = [];
  let text = "";
  const decoder = new TextDecoder();
  for await (const piece of body) {
    sizes.push(piece.length);
    text += decoder.decode(piece, { stream: true });
  }
  assert.equal(text, LARGE);
  assert.deepEqual(sizes, [65_536, 65_536, 65_536, 200_000 - 3 * 65_536]);
});

Deno.test("a reader that stops does not get the rest, and one that leaves is noticed", async () => {
  let left = 0;
  const options = { text: Promise.resolve(LARGE), onLeft: () => void left++ };
  const reader = slowBody({ ...options, mostMs: 1 }).getReader();
  await reader.read();
  await assert.rejects(reader.closed, /^Error: The answer was not read within 0.001 s$/);
  assert.equal(left, 0);
  const waiting = slowBody({ ...options, text: new Promise(() => {}) });
  await waiting.cancel();
  await slowBody(options).cancel();
  assert.equal(left, 2);
});
