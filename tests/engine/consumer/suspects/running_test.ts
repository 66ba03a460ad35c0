/** What the journal says of events that run, for the process after this one. */

import assert from "node:assert/strict";
import { consuming } from "../../../fixtures/consumer.ts";
import { Gates, turn } from "../../../fixtures/executor.ts";
import { FakeBroker } from "../../../fixtures/fake_broker.ts";
import { fullDisk } from "../../../fixtures/full_disk.ts";
import {
  afterKill,
  copyJournals,
  countJournals,
  foundIn,
  gated,
  ifKilledNow,
  stateDir,
  wasKilled,
} from "../../../fixtures/journal.ts";

Deno.test("Consumer says what it runs, and nothing once it is done", async () => {
  await using fixture = await gated({ settings: { concurrency: 2 } });
  const { dir, broker, gates, run } = fixture;
  broker.deliver("a");
  await gates.entries(1);
  assert.deepEqual(ifKilledNow(dir, ["a", "b"]), [0, undefined]);
  gates.leave("a");
  await run.count(1);
  await turn();
  run.consumer.sweep(performance.now());
  assert.deepEqual(ifKilledNow(dir, ["a"]), [undefined]);
  await fixture.stop();
  assert.equal(countJournals(dir), 0);
});

Deno.test("Consumer of one after another suspects what comes again after a process that was killed", async () => {
  const gates = new Gates();
  const worker = { consume: (event: { id: string }) => gates.enter(event.id) };
  using copy = stateDir();
  {
    await using killed = await gated({ worker });
    for (const name of ["a", "b"]) killed.broker.deliver(name);
    await gates.entries(1);
    copyJournals(killed.dir, copy.path);
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

Deno.test("Consumer that stops names what runs, and not what it has released", async () => {
  await using fixture = await gated();
  const { dir, broker, gates, run } = fixture;
  for (const name of ["a", "b"]) broker.deliver(name);
  await gates.entries(1);
  const stopped = run.consumer.stop(60_000);
  assert.deepEqual(broker.carriedOut, ["b release"]);
  assert.deepEqual(ifKilledNow(dir, ["a", "b"]), [0, undefined]);
  gates.leave("a");
  await stopped;
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
    "The journal of queue {queue} in {folder} cannot be written, so an event that ends this " +
      "process cannot be found afterwards: make room on the disk of that folder",
  );
  assert.equal(notice?.properties?.folder, run.stateDir);
  assert.match(notice?.error?.message ?? "", /No space left/);
});

for (const [what, hasInodes] of [["space", true], ["inodes", false]] as const) {
  Deno.test(`Consumer starts on a disk without ${what}, and keeps its journal when there is room`, async () => {
    using dir = stateDir();
    wasKilled(dir.path, ["gone"], true);
    const broker = new FakeBroker();
    const done = async (name: string) => {
      broker.deliver(name);
      await broker.until(name, () => broker.carriedOut.includes(`${name} done`));
    };
    const full = fullDisk({ hasInodes });
    await using run = await consuming({ broker, stateDir: dir.path, worker: { consume() {} } })
      .finally(() => full[Symbol.dispose]());
    const [notice, ...others] = run.notices;
    assert.deepEqual(others, []);
    assert.equal(notice?.level, "error");
    assert.match(
      notice?.message ?? "",
      /^The journal of queue \{queue\} in \{folder\} .* make room on the disk of that folder$/,
    );
    assert.equal(notice?.properties?.folder, dir.path);
    {
      using _full = fullDisk({ hasInodes });
      await done("a");
    }
    assert.deepEqual(ifKilledNow(dir.path, ["gone"]), [1]);
    await done("b");
    assert.deepEqual(ifKilledNow(dir.path, ["gone"]), [1]);
    assert.equal(countJournals(dir.path), 1);
  });
}

Deno.test("Consumer that knows of suspects ends on a full disk", async () => {
  await using fixture = await afterKill(["gone"]);
  {
    using _full = fullDisk();
    await fixture.stop();
  }
  assert(fixture.broker.isClosed);
  assert.deepEqual(foundIn(fixture.dir, ["gone"]), [0]);
});
