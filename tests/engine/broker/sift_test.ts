import assert from "node:assert/strict";
import { SiftRun } from "../../../lib/engine/broker/sift.ts";

const event = (bytes = 1) => ({ body: new Uint8Array(bytes), properties: {} });
const drop = () => ({ drop: true } as const);

Deno.test("a sift holds at most 10,000 matches, 64 MB of them, or those of 10 minutes", () => {
  const looks = (run: SiftRun<number>, bytes: number): number => {
    let count = 0;
    while (!run.isFull && count < 20_000) run.look(event(bytes), count++);
    return run.held.length;
  };
  assert.equal(looks(new SiftRun<number>(1e6, drop, {}), 1), 10_000);
  assert.equal(looks(new SiftRun<number>(1e6, drop, {}), 1024 * 1024), 64);
  assert.equal(looks(new SiftRun<number>(1e6, drop, { ratePerSecond: 2 }), 1), 1200);
  assert.equal(looks(new SiftRun<number>(1e6, () => "keep", {}), 1), 0);
});

Deno.test("a sift holds no matches beyond its limit, and looks at no more than it is to scan", () => {
  const limited = new SiftRun<number>(100, drop, { limit: 3 });
  for (let i = 0; i < 10; i++) limited.look(event(), i);
  assert.deepEqual(limited.held.map(({ handle }) => handle), [0, 1, 2]);
  assert(limited.isOver);
  const scanning = new SiftRun<number>(100, drop, { scan: 4 });
  assert.equal(scanning.left, 4);
  for (let i = 0; i < 10; i++) scanning.look(event(), i);
  assert.deepEqual([scanning.held.length, scanning.left], [4, 0]);
});

Deno.test("a sift holds copies of bodies, which may be parts of what was read from a socket", () => {
  const run = new SiftRun<number>(1, drop, {});
  const body = new Uint8Array([1, 2, 3]);
  run.look({ body, properties: { messageId: "a" } }, 1);
  body.fill(9);
  const [held] = run.held;
  assert.deepEqual([...held?.event.body ?? []], [1, 2, 3]);
  assert.equal(held?.event.properties.messageId, "a");
});

Deno.test("a sift that starts at the first event again counts what was kept once", async () => {
  let restarts = 0;
  const run = new SiftRun<number>(3, ({ body }) => body.length > 1 ? { drop: true } : "keep", {
    onRestart: () => restarts++,
  });
  run.look(event(1), 1);
  run.look(event(2), 2);
  await run.carryOut(() => Promise.resolve({ removed: 1 }));
  run.restart();
  assert.equal(run.left, 2);
  run.look(event(1), 3);
  run.look(event(1), 4);
  assert.deepEqual(run.result(), { scanned: 3, of: 3, removed: 1, complete: true });
  assert.equal(restarts, 1);
});

Deno.test("a sift stops at the first failure, and what is held stays", async () => {
  const run = new SiftRun<number>(250, drop, {});
  for (let i = 0; i < 250; i++) run.look(event(), i);
  const failure = new Error("refused");
  const chunks: number[] = [];
  await run.carryOut(({ length }) => {
    chunks.push(length);
    return Promise.resolve(chunks.length < 2 ? { removed: length } : { removed: 7, failure });
  });
  assert.deepEqual(chunks, [100, 100]);
  assert.deepEqual(run.result(), {
    scanned: 250,
    of: 250,
    removed: 107,
    complete: false,
    failure,
  });
});
