import assert from "node:assert/strict";
import { fingerprint } from "../../../../lib/engine/consumer/suspects/event_key.ts";
import { IsolationTurns } from "../../../../lib/engine/consumer/suspects/turns.ts";
import { consuming } from "../../../fixtures/consumer.ts";
import { type ExecutorSettings, Gates, turn } from "../../../fixtures/executor.ts";
import { FakeBroker } from "../../../fixtures/fake_broker.ts";
import { fullDisk } from "../../../fixtures/full_disk.ts";
import {
  copyJournals,
  countJournals,
  foundIn,
  ifKilledNow,
  stateDir,
  wasKilled,
} from "../../../fixtures/journal.ts";

/** A queue whose handlers wait. */
async function gated(
  dir: { readonly path: string },
  settings: ExecutorSettings = {},
  turns = new IsolationTurns(),
) {
  const broker = new FakeBroker();
  const gates = new Gates();
  const worker = { consume: (event: { id: string }) => gates.enter(event.id) };
  const run = await consuming({ broker, stateDir: dir.path, settings, worker, turns });
  return { broker, gates, run, [Symbol.asyncDispose]: () => run[Symbol.asyncDispose]() };
}

Deno.test("Consumer says what it runs, and nothing once it is done", async () => {
  using dir = stateDir();
  {
    await using scene = await gated(dir, { concurrency: 2 });
    const { broker, gates, run } = scene;
    broker.deliver("a");
    await gates.entries(1);
    assert.deepEqual(ifKilledNow(dir.path, ["a", "b"]), [0, undefined]);
    gates.leave("a");
    await run.count(1);
    await turn();
    run.consumer.sweep(performance.now());
    assert.deepEqual(ifKilledNow(dir.path, ["a"]), [undefined]);
  }
  assert.equal(countJournals(dir.path), 0);
});

Deno.test("Consumer of one after another suspects what comes again after a process that was killed", async () => {
  using dir = stateDir();
  const gates = new Gates();
  const worker = { consume: (event: { id: string }) => gates.enter(event.id) };
  using copy = stateDir();
  {
    const broker = new FakeBroker();
    await using _run = await consuming({ broker, stateDir: dir.path, worker });
    for (const name of ["a", "b"]) broker.deliver(name);
    await gates.entries(1);
    copyJournals(dir.path, copy.path);
  }
  const broker = new FakeBroker();
  await using run = await consuming({
    broker,
    stateDir: copy.path,
    settings: { concurrency: 3 },
    worker,
  });
  assert.equal(broker.prefetch, 10);
  for (const name of ["a", "b"]) broker.deliver({ name, redelivered: true });
  broker.deliver("new");
  await gates.until("only one runs", () => gates.open.includes("a"));
  await turn();
  assert.deepEqual(gates.open, ["a"]);
  assert.deepEqual(ifKilledNow(copy.path, ["a", "b", "new"]), [1, 0, undefined]);
  for (const name of ["a", "b", "new"]) {
    await gates.until(`${name} runs`, () => gates.open.includes(name));
    gates.leave(name);
  }
  await run.count(3);
});

Deno.test("Consumer begins carefully after an unclean end, and widens after a hundred events", async () => {
  using dir = stateDir();
  wasKilled(dir.path, ["x"], false);
  const broker = new FakeBroker();
  await using run = await consuming({ broker, stateDir: dir.path, worker: { consume() {} } });
  assert.equal(broker.prefetch, 10);
  for (let i = 1; i <= 99; i++) broker.deliver(`e${i}`);
  await run.count(99);
  assert.equal(broker.prefetch, 10);
  broker.deliver("e100");
  await broker.until("it widens", () => broker.prefetch === 100);
});

Deno.test("Consumer takes a whole batch also while it is careful", async () => {
  using dir = stateDir();
  wasKilled(dir.path, ["x"], false);
  const broker = new FakeBroker();
  await using run = await consuming({
    broker,
    stateDir: dir.path,
    worker: { batch: { size: 40, seconds: 60 }, consumeBatch() {} },
  });
  assert.equal(broker.prefetch, 40);
  for (let i = 1; i <= 40; i++) broker.deliver(`e${i}`);
  await run.count(40);
});

Deno.test("Consumer takes its whole window after a clean end", async () => {
  using dir = stateDir();
  for (let i = 0; i < 2; i++) {
    const broker = new FakeBroker();
    await using _run = await consuming({ broker, stateDir: dir.path, worker: { consume() {} } });
    assert.equal(broker.prefetch, 100);
  }
});

for (const withId of [true, false]) {
  Deno.test(`Consumer runs a suspect ${withId ? "" : "without an id "}alone, and then as any other`, async () => {
    using dir = stateDir();
    const body = '{"id":"suspect"}';
    const key = withId ? "suspect" : fingerprint(body);
    wasKilled(dir.path, [key, "other"], false);
    await using scene = await gated(dir, { concurrency: 3 });
    const { broker, gates, run } = scene;
    broker.deliver("a");
    const suspect = { name: "suspect", body, messageId: withId ? "suspect" : "" };
    broker.deliver(suspect);
    broker.deliver("b");
    await gates.entries(1);
    await turn();
    assert.deepEqual(gates.open, ["a"]);
    gates.leave("a");
    await gates.entries(2);
    await turn();
    assert.deepEqual(gates.open, ["suspect"]);
    assert.deepEqual(ifKilledNow(dir.path, [key, "b", "other"]), [1, undefined, 0]);
    gates.leave("suspect");
    await gates.entries(3);
    assert.deepEqual(ifKilledNow(dir.path, [key, "b", "other"]), [undefined, 0, 0]);
    broker.deliver(suspect);
    await gates.entries(4);
    assert.deepEqual(gates.open, ["b", "suspect"]);
    gates.open.forEach((id) => gates.leave(id));
    await run.count(4);
  });
}

/** A queue that suspects the event of this name, and whose handlers wait. */
async function suspecting(name: string, turns: IsolationTurns) {
  const dir = stateDir();
  wasKilled(dir.path, [name], false);
  const scene = await gated(dir, {}, turns);
  return {
    ...scene,
    dir: dir.path,
    async [Symbol.asyncDispose]() {
      await scene[Symbol.asyncDispose]();
      dir[Symbol.dispose]();
    },
  };
}

Deno.test("Of two queues one at a time runs what may have ended their process", async () => {
  const turns = new IsolationTurns();
  await using one = await suspecting("a", turns);
  await using other = await suspecting("b", turns);
  one.broker.deliver("a");
  await one.gates.entries(1);
  other.broker.deliver("b");
  other.broker.deliver("c");
  await other.gates.entries(1);
  assert.deepEqual(other.gates.open, ["c"]);
  other.gates.leave("c");
  await other.run.count(1);
  await turn();
  assert.deepEqual(other.gates.entered, ["c"]);
  assert.deepEqual(ifKilledNow(one.dir, ["a"]), [1]);
  assert.deepEqual(ifKilledNow(other.dir, ["b"]), [0]);
  one.gates.leave("a");
  await other.gates.entries(2);
  assert.deepEqual(ifKilledNow(other.dir, ["b"]), [1]);
  one.broker.deliver({ name: "d", headers: { "x-pq-crashes": 1, "x-pq-attempts": 1 } });
  await turn();
  assert.deepEqual(one.gates.entered, ["a"]);
  other.gates.leave("b");
  await one.gates.entries(2);
  one.gates.leave("d");
  await one.run.count(2);
});

Deno.test("A queue gives back what waits too long for its turn, and is not asked again", async () => {
  const turns = new IsolationTurns();
  await using one = await suspecting("a", turns);
  await using other = await suspecting("b", turns);
  one.broker.deliver("a");
  await one.gates.entries(1);
  other.broker.deliver("b");
  await turn();
  other.run.consumer.sweep(performance.now() + 59_000);
  assert.deepEqual(other.broker.carriedOut, []);
  other.run.consumer.sweep(performance.now() + 61_000);
  assert.deepEqual(other.broker.carriedOut, ["b release"]);
  one.gates.leave("a");
  await one.run.count(1);
  await turn();
  assert.deepEqual(other.gates.entered, []);
  assert.deepEqual(ifKilledNow(other.dir, ["b"]), [0]);
});

Deno.test("A queue whose event runs for long gives its turn on when another wants its own", async () => {
  const turns = new IsolationTurns();
  await using one = await suspecting("a", turns);
  await using other = await suspecting("b", turns);
  one.broker.deliver("a");
  await one.gates.entries(1);
  one.run.consumer.sweep(performance.now() + 11_000);
  assert.deepEqual(ifKilledNow(one.dir, ["a"]), [1]);
  other.broker.deliver("b");
  await turn();
  one.run.consumer.sweep(performance.now() + 9000);
  assert.deepEqual(other.gates.entered, []);
  one.run.consumer.sweep(performance.now() + 11_000);
  await other.gates.entries(1);
  assert.deepEqual(ifKilledNow(one.dir, ["a"]), [0]);
  assert.deepEqual(ifKilledNow(other.dir, ["b"]), [1]);
  one.gates.leave("a");
  other.gates.leave("b");
  await one.run.count(1);
  await other.run.count(1);
});

Deno.test("Consumer that stops names what runs, and not what it has given back", async () => {
  using dir = stateDir();
  await using scene = await gated(dir);
  const { broker, gates, run } = scene;
  for (const name of ["a", "b"]) broker.deliver(name);
  await gates.entries(1);
  const stopped = run.consumer.stop(60_000);
  assert.deepEqual(broker.carriedOut, ["b release"]);
  assert.deepEqual(ifKilledNow(dir.path, ["a", "b"]), [0, undefined]);
  gates.leave("a");
  await stopped;
});

Deno.test("A queue that stops or loses its broker gives its turn to the next", async () => {
  const turns = new IsolationTurns();
  await using one = await suspecting("a", turns);
  await using other = await suspecting("b", turns);
  one.broker.deliver("a");
  await one.gates.entries(1);
  other.broker.deliver("b");
  other.broker.lose();
  other.broker.deliver("b");
  await turn();
  assert.deepEqual(other.gates.entered, []);
  await one.run.consumer.stop(0);
  await other.gates.entries(1);
  other.gates.leave("b");
  await other.run.count(1);
  one.gates.leave("a");
});

Deno.test("Consumer counts an attempt for what ended its process alone, without running it", async () => {
  using dir = stateDir();
  wasKilled(dir.path, ["suspect"], true);
  const broker = new FakeBroker();
  const calls: string[] = [];
  await using run = await consuming({
    broker,
    stateDir: dir.path,
    worker: { consume: (event) => void calls.push(event.id) },
  });
  const punished = broker.deliver("suspect");
  broker.deliver("other");
  await run.count(2);
  assert(punished.settlement?.kind === "retry");
  const { attempts, crashes, reason, delay, error } = punished.settlement;
  assert.deepEqual([attempts, crashes, reason, delay], [1, 1, "crashed", 5]);
  assert.equal(error.message, "The process that ran this event ended before the event did");
  assert.deepEqual(calls, ["other"]);
  assert.deepEqual(ifKilledNow(dir.path, ["suspect"]), [undefined]);
  broker.deliver({ name: "suspect", headers: { "x-pq-attempts": 1, "x-pq-crashes": 1 } });
  await run.count(3);
  assert.deepEqual(calls, ["other", "suspect"]);
});

Deno.test("Consumer punishes one of many events that look alike", async () => {
  using dir = stateDir();
  const body = '{"id":"same"}';
  wasKilled(dir.path, [fingerprint(body)], true);
  const broker = new FakeBroker();
  await using run = await consuming({ broker, stateDir: dir.path, worker: { consume() {} } });
  const same = { messageId: "", body };
  broker.deliver({ ...same, name: "new" });
  for (let i = 0; i < 5; i++) broker.deliver({ ...same, name: `e${i}`, redelivered: true });
  await run.count(6);
  assert.deepEqual(broker.carriedOut.toSorted(), [
    "e0 retry",
    "e1 done",
    "e2 done",
    "e3 done",
    "e4 done",
    "new done",
  ]);
});

Deno.test("Consumer runs an event alone that has crashed before", async () => {
  const broker = new FakeBroker();
  const gates = new Gates();
  await using run = await consuming({
    broker,
    settings: { concurrency: 3 },
    worker: { consume: (event) => gates.enter(event.id) },
  });
  broker.deliver({ name: "a", headers: { "x-pq-attempts": 1, "x-pq-crashes": 1 } });
  broker.deliver("b");
  await gates.entries(1);
  await turn();
  assert.deepEqual(gates.open, ["a"]);
  assert.deepEqual(ifKilledNow(run.stateDir, ["a"]), [1]);
  gates.leave("a");
  await gates.entries(2);
  gates.leave("b");
  await run.count(2);
});

Deno.test("Consumer gives up what has ended its process alone three times", async () => {
  using dir = stateDir();
  wasKilled(dir.path, ["suspect"], true);
  const broker = new FakeBroker();
  await using run = await consuming({
    broker,
    stateDir: dir.path,
    settings: { retries: [1, 1, 1, 1, 1, 1] },
    worker: { consume() {} },
  });
  const headers = { "x-pq-attempts": 2, "x-pq-crashes": 2 };
  const { settlement } = broker.deliver({ name: "suspect", headers });
  await run.count(1);
  assert(settlement?.kind === "fail" && settlement.reason === "crashed");
  assert.equal(settlement.attempts, 3);
  assert.deepEqual(run.outcomes, ["suspect failed"]);
});

Deno.test("Consumer remembers a crash whose copy was refused", async () => {
  using dir = stateDir();
  wasKilled(dir.path, ["suspect"], true);
  const broker = new FakeBroker();
  broker.copies = "refuse";
  {
    await using run = await consuming({ broker, stateDir: dir.path, worker: { consume() {} } });
    broker.deliver("suspect");
    await run.until("it is parked", () => run.notices.length > 0);
  }
  assert.deepEqual(foundIn(dir.path, ["suspect"]), [1]);
});

Deno.test("Consumer still says what runs when a suspect is punished meanwhile", async () => {
  using dir = stateDir();
  wasKilled(dir.path, ["suspect"], true);
  await using scene = await gated(dir, { concurrency: 2 });
  const { broker, gates, run } = scene;
  broker.deliver("a");
  await gates.entries(1);
  broker.deliver("suspect");
  await run.count(1);
  assert.deepEqual(run.outcomes, ["suspect retried"]);
  assert.deepEqual(ifKilledNow(dir.path, ["a", "suspect"]), [0, undefined]);
  gates.leave("a");
  await run.count(2);
});

Deno.test("Consumer keeps suspecting what it gives back unrun", async () => {
  using dir = stateDir();
  wasKilled(dir.path, ["suspect"], false);
  const broker = new FakeBroker();
  const gates = new Gates();
  {
    await using _run = await consuming({
      broker,
      stateDir: dir.path,
      worker: { consume: (event) => gates.enter(event.id) },
    });
    broker.deliver("a");
    broker.deliver("suspect");
    await gates.entries(1);
  }
  assert.deepEqual(broker.carriedOut, ["suspect release"]);
  assert.deepEqual(foundIn(dir.path, ["a", "suspect"]), [undefined, 0]);
});

Deno.test("Consumer does not suspect an event any more that failed in peace", async () => {
  using dir = stateDir();
  wasKilled(dir.path, ["suspect"], false);
  const broker = new FakeBroker();
  {
    await using run = await consuming({
      broker,
      stateDir: dir.path,
      worker: {
        consume() {
          throw new Error("no");
        },
      },
    });
    broker.deliver("suspect");
    await run.count(1);
    assert.deepEqual(run.outcomes, ["suspect retried"]);
  }
  assert.equal(countJournals(dir.path), 0);
});

Deno.test("Consumer keeps a crash in mind when another event of the same body is given back", async () => {
  using dir = stateDir();
  const body = '{"id":"same"}';
  wasKilled(dir.path, [fingerprint(body)], true);
  await using scene = await gated(dir);
  const { broker, gates, run } = scene;
  broker.deliver("running");
  await gates.entries(1);
  broker.deliver({ name: "fresh", messageId: "", body });
  await turn();
  broker.lose();
  gates.leave("running");
  await turn();
  broker.deliver({ name: "culprit", messageId: "", body, redelivered: true });
  await run.count(1);
  assert.deepEqual(broker.carriedOut, ["culprit retry"]);
  assert.equal(gates.entered.length, 1);
});

Deno.test("Consumer goes on while its journal cannot be written, and says so once", async () => {
  const broker = new FakeBroker();
  await using run = await consuming({ broker, worker: { consume() {} } });
  {
    using _full = fullDisk();
    for (const name of ["a", "b", "c"]) {
      broker.deliver(name);
      await broker.until(name, () => broker.carriedOut.includes(`${name} done`));
    }
  }
  const [notice, ...others] = run.notices;
  assert.deepEqual(others, []);
  assert.equal(
    notice?.message,
    "The journal of queue {queue} in {folder} cannot be written, so that an event which ends " +
      "this process is not found afterwards: see that the disk has room",
  );
  assert.equal(notice?.properties?.folder, run.stateDir);
  assert.match(notice?.error?.message ?? "", /No space left/);
});

Deno.test("Consumer that knows of suspects ends on a full disk", async () => {
  using dir = stateDir();
  wasKilled(dir.path, ["gone"], false);
  const broker = new FakeBroker();
  await using run = await consuming({ broker, stateDir: dir.path, worker: { consume() {} } });
  {
    using _full = fullDisk();
    await run.consumer.stop(0);
  }
  assert(broker.isClosed);
  assert.deepEqual(foundIn(dir.path, ["gone"]), [0]);
});

Deno.test("Consumer suspects what it gives back unrun that was to run alone", async () => {
  using dir = stateDir();
  await using scene = await gated(dir);
  const { broker, gates, run } = scene;
  broker.deliver("running");
  await gates.entries(1);
  broker.deliver({ name: "suspect", headers: { "x-pq-crashes": 1 } });
  await turn();
  run.consumer.sweep(performance.now() + 61_000);
  await run.count(1);
  assert.deepEqual(broker.carriedOut, ["suspect release"]);
  assert.deepEqual(ifKilledNow(dir.path, ["suspect"]), [0]);
  gates.leave("running");
});
