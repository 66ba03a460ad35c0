import assert from "node:assert/strict";
import { consuming, QUEUE } from "../../fixtures/consumer.ts";
import { turn } from "../../fixtures/executor.ts";
import { FakeBroker } from "../../fixtures/fake_broker.ts";
import { fullDisk } from "../../fixtures/full_disk.ts";
import { foundIn, gated, stateDir } from "../../fixtures/journal.ts";

/** Later than the limit of a handler and its grace, in ms. */
const HUNG_AT = 36_000;
const NEVER = () => new Promise<void>(() => {});

Deno.test("Consumer leaves an event that hangs unsettled, and blames it for the end", async () => {
  await using fixture = await gated({ settings: { concurrency: 2, abortGraceSeconds: 5 } });
  const { dir, broker, gates, run } = fixture;
  const hung = broker.deliver("hung");
  broker.deliver("done");
  await gates.entries(2);
  gates.leave("done");
  await run.count(1);
  run.consumer.sweep(performance.now() + HUNG_AT);
  assert.deepEqual(run.ends, ["hung"]);
  const [notice] = run.notices;
  assert.equal(notice?.level, "error");
  assert.match(
    notice?.message ?? "",
    /^The worker of \{queue\} did not return when it was aborted /,
  );
  assert.deepEqual(notice?.fingerprint, ["worker-timeout", QUEUE]);
  assert.deepEqual(notice?.properties, { seconds: 30, count: 1, ids: ["hung"] });
  await run.consumer.stop(0);
  assert(run.consumer.isLeft && !broker.isClosed && broker.unsettled.has(hung));
  assert.deepEqual(broker.carriedOut, ["done done"]);
  assert.deepEqual(foundIn(dir, ["hung", "done"]), [1, undefined]);
  gates.leave("hung");
  await turn();
  assert.deepEqual(broker.carriedOut, ["done done"]);
});

Deno.test("Consumer settles and does not blame what returns after it was reported as hung", async () => {
  await using fixture = await gated();
  const { dir, broker, gates, run } = fixture;
  const late = broker.deliver("late");
  await gates.entries(1);
  run.consumer.sweep(performance.now() + HUNG_AT);
  const stopped = run.consumer.stop(0);
  gates.leave("late", new Error("late"));
  await stopped;
  assert.deepEqual(run.ends, ["hung"]);
  assert(late.settlement?.kind === "retry" && late.settlement.reason === "timeout");
  assert(!run.consumer.isLeft && broker.isClosed);
  assert.deepEqual(foundIn(dir, ["late"]), [undefined]);
});

Deno.test("Consumer releases what waits beside an event that hangs, and aborts what runs", async () => {
  using dir = stateDir();
  const broker = new FakeBroker();
  await using run = await consuming({
    broker,
    stateDir: dir.path,
    settings: { concurrency: 2 },
    worker: {
      consume: (_, ctx) =>
        new Promise((_, reject) => {
          ctx.signal.addEventListener("abort", () => {
            if (ctx.event.id !== "hung") reject(ctx.signal.reason);
          });
        }),
    },
  });
  broker.deliver("hung");
  await turn();
  const [{ since } = { since: 0 }] = run.consumer.executor.running();
  await new Promise((resolve) => setTimeout(resolve, 20));
  broker.deliver("young");
  broker.deliver("waiting");
  await turn();
  run.consumer.sweep(since + 35_005);
  assert.deepEqual(run.ends, ["hung"]);
  await run.consumer.stop(0);
  assert.equal(broker.carriedOut[0], "waiting release");
  assert.deepEqual(broker.carriedOut.map((text) => text.split(" ")[0]), ["waiting", "young"]);
  assert.deepEqual(foundIn(dir.path, ["hung", "young", "waiting"]), [1, undefined, undefined]);
});

Deno.test("Consumer leaves a batch that hangs to the next process, as suspects", async () => {
  using dir = stateDir();
  const broker = new FakeBroker();
  {
    await using run = await consuming({
      broker,
      stateDir: dir.path,
      worker: { batch: { size: 2, seconds: 60 }, consumeBatch: NEVER },
    });
    broker.deliver("a");
    broker.deliver("b");
    await turn();
    run.consumer.sweep(performance.now() + HUNG_AT);
    assert.deepEqual(run.notices[0]?.properties, { seconds: 30, count: 2, ids: ["a", "b"] });
    await run.consumer.stop(0);
    assert.deepEqual(broker.carriedOut, []);
    assert(run.consumer.isLeft && !broker.isClosed);
  }
  assert.deepEqual(foundIn(dir.path, ["a", "b"]), [0, 0]);
});

Deno.test("Consumer blames an event that hangs also where its delivery was lost", async () => {
  await using fixture = await gated();
  const { dir, broker, gates, run } = fixture;
  broker.deliver("hung");
  await gates.entries(1);
  broker.lose();
  run.consumer.sweep(performance.now() + HUNG_AT);
  await run.consumer.stop(0);
  assert.deepEqual(foundIn(dir, ["hung"]), [1]);
});

Deno.test("Consumer with an event that hangs stops on a full disk", async () => {
  await using fixture = await gated();
  const { broker, gates, run } = fixture;
  broker.deliver("hung");
  await gates.entries(1);
  using _full = fullDisk();
  run.consumer.sweep(performance.now() + HUNG_AT);
  await run.consumer.stop(0);
  assert.deepEqual(run.ends, ["hung"]);
});

Deno.test("Consumer counts an attempt for an event that hung in the process before", async () => {
  using dir = stateDir();
  {
    const broker = new FakeBroker();
    await using run = await consuming({
      broker,
      stateDir: dir.path,
      settings: { concurrency: 2 },
      worker: { consume: NEVER },
    });
    broker.deliver("hung");
    await turn();
    run.consumer.sweep(performance.now() + HUNG_AT);
  }
  const broker = new FakeBroker();
  await using run = await consuming({
    broker,
    stateDir: dir.path,
    settings: { retries: [] },
    worker: { consume() {} },
  });
  const again = broker.deliver({ name: "hung", redelivered: true });
  await run.count(1);
  assert(again.settlement?.kind === "fail" && again.settlement.reason === "crashed");
});
