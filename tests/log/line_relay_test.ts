import assert from "node:assert/strict";
import { LineRelay } from "../../lib/log/line_relay.ts";
import { LineRing } from "../../lib/log/line_ring.ts";
import { until } from "../fixtures/until.ts";

/** A relay, the thread's side of it, and what it has written. */
function relayed() {
  const lines: string[] = [];
  const lost = { 1: 0, 2: 0 };
  const decoder = new TextDecoder();
  const relay = new LineRelay((fd) => ({
    write: (line) => void lines.push(`${fd} ${decoder.decode(line)}`),
    lose: (count) => void (lost[fd] += count),
  }));
  return { relay, ring: new LineRing(relay.memory), lines, lost };
}

Deno.test("LineRelay writes a thread's lines by itself, in their order", async () => {
  const { relay, ring, lines } = relayed();
  using _relay = relay;
  const written: string[] = [];
  for (let n = 0; n < 3; n++) {
    const fd = n % 2 === 0 ? 1 : 2;
    ring.write(fd, `é ${n}\n`);
    written.push(`${fd} é ${n}\n`);
    await until("it is written", () => lines.length === n + 1);
  }
  assert.deepEqual(lines, written);
});

Deno.test("LineRelay writes more than its ring holds, however long the lines are", () => {
  const { relay, ring, lines, lost } = relayed();
  using _relay = relay;
  const sizes = Array.from({ length: 200 }, (_, n) => (n * 7919) % 30_000);
  for (const size of sizes) {
    ring.write(2, "x".repeat(size));
    relay.pass();
  }
  assert.deepEqual(lines.map((line) => line.length - 2), sizes);
  assert.deepEqual(lost, { 1: 0, 2: 0 });
});

Deno.test("LineRelay says how many lines of each stream did not fit", () => {
  const { relay, ring, lines, lost } = relayed();
  using _relay = relay;
  const line = "x".repeat(400_000);
  for (let n = 0; n < 5; n++) ring.write(2, line);
  ring.write(1, "fits");
  ring.write(1, line);
  relay.pass();
  assert.equal(lines.length, 3);
  assert.deepEqual(lost, { 1: 1, 2: 3 });
  ring.write(2, line);
  relay.pass();
  assert.equal(lines.length, 4);
  assert.deepEqual(lost, { 1: 1, 2: 3 });
});

Deno.test("LineRelay takes a full ring before the time for gathering is over", async () => {
  const { relay, ring, lines, lost } = relayed();
  using _relay = relay;
  for (let n = 0; n < 100; n++) {
    ring.write(2, "x".repeat(200_000));
    if (n % 3 === 2) await until("they are taken", () => lines.length === n + 1);
  }
  assert.deepEqual(lost, { 1: 0, 2: 0 });
});

Deno.test("LineRelay writes the last words of a thread when it is disposed of", () => {
  const { relay, ring, lines } = relayed();
  ring.write(2, "last\n");
  relay[Symbol.dispose]();
  assert.deepEqual(lines, ["2 last\n"]);
});
