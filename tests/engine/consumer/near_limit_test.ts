/** Events that a broker with a delivery limit may drop if they are returned again. */

import assert from "node:assert/strict";
import { fingerprint } from "../../../lib/engine/consumer/suspects/event_key.ts";
import { consuming, event } from "../../fixtures/consumer.ts";
import { Gates, turn } from "../../fixtures/executor.ts";
import { FakeBroker } from "../../fixtures/fake_broker.ts";
import { afterKill, ifKilledNow } from "../../fixtures/journal.ts";

const NEAR = { redelivered: true, isNearLimit: true } as const;

Deno.test("an event near its delivery limit is replaced and not run; its copy is", async () => {
  const broker = new FakeBroker();
  const calls: string[] = [];
  await using run = await consuming({
    broker,
    worker: { consume: (_, ctx) => void calls.push(ctx.event.id) },
  });
  broker.deliver({ name: "e", ...NEAR });
  await run.count(1);
  assert.deepEqual(broker.carriedOut, ["e republish"]);
  assert.deepEqual(run.outcomes, ["e released"]);
  assert.deepEqual(calls, []);
  broker.deliver({ name: "e" });
  await run.count(2);
  assert.deepEqual(calls, ["e"]);
  assert.deepEqual(run.consumer.totals, { processed: 1, retried: 0, failed: 0 });
});

Deno.test("an event near its delivery limit runs where its copy is refused, which is an error once", async () => {
  const broker = new FakeBroker();
  broker.copies = "refuse";
  await using run = await consuming({ broker, worker: { consume() {} } });
  broker.deliver({ name: "a", ...NEAR });
  broker.deliver({ name: "b", ...NEAR });
  await run.count(2);
  assert.deepEqual(run.outcomes, ["a processed", "b processed"]);
  assert.deepEqual(run.notices.map(({ level }) => level), ["error"]);
  assert.match(
    run.notices[0]?.message ?? "",
    /^An event of queue \{queue\} that was returned often runs although no copy of it could be stored: /,
  );
  assert.equal(run.consumer.inFlight, 0);
});

for (const messageId of ["e", ""]) {
  const which = messageId ? "with" : "without";
  Deno.test(`the copy of an event ${which} an id joins the run whose deliveries were lost too often`, async () => {
    const broker = new FakeBroker();
    const gates = new Gates();
    await using run = await consuming({ broker, worker: { consume: (e) => gates.enter(e.id) } });
    broker.deliver({ name: "e", messageId });
    await gates.entries(1);
    broker.lose();
    broker.deliver({ name: "e", messageId, ...NEAR });
    await broker.until("it is replaced", () => broker.copiedIds.length === 1);
    const copy = broker.deliver({
      name: "copy",
      messageId: messageId || broker.copiedIds[0] || "",
    });
    await turn();
    gates.leave("e");
    await broker.until("it is settled", () => broker.unsettled.size === 0);
    assert.deepEqual(gates.entered, ["e"]);
    assert.equal(copy.settlement?.kind, "done");
    assert.equal(run.consumer.inFlight, 0);
  });
}

/** When a run ends whose deliveries were lost too often. */
const ENDS: Readonly<Record<string, (lost: { lose(): void; end(): Promise<void> }) => unknown>> = {
  "before its copy comes": ({ end }) => end(),
  "after its copy was lost": async ({ lose, end }) => {
    lose();
    await end();
  },
};

for (const [when, go] of Object.entries(ENDS)) {
  for (const messageId of ["e", ""]) {
    const which = messageId ? "with" : "without";
    Deno.test(`an event ${which} an id that was replaced runs once when it ends ${when}`, async () => {
      const broker = new FakeBroker();
      const gates = new Gates();
      await using run = await consuming({ broker, worker: { consume: (e) => gates.enter(e.id) } });
      const body = event("e");
      broker.deliver({ name: "e", messageId, body });
      await gates.entries(1);
      broker.lose();
      broker.deliver({ name: "e", messageId, body, ...NEAR });
      await broker.until("it is replaced", () => broker.copiedIds.length === 1);
      const copy = { name: "copy", messageId: messageId || broker.copiedIds[0] || "", body };
      let redelivered = false;
      await go({
        lose() {
          broker.deliver(copy);
          broker.lose();
          redelivered = true;
        },
        async end() {
          gates.leave("e");
          await turn();
        },
      });
      broker.deliver({ ...copy, redelivered });
      await turn();
      assert.deepEqual(gates.entered, ["e"]);
      assert.deepEqual(broker.carriedOut, ["e republish", "copy done"]);
      assert.equal(run.consumer.inFlight, 0);
    });
  }
}

Deno.test("a suspect without an id that is replaced is a suspect by the id of its copy", async () => {
  const body = event("e");
  await using fixture = await afterKill([fingerprint(body), "other"], { alone: false });
  const { dir, broker, run } = fixture;
  broker.deliver({ name: "e", messageId: "", body, ...NEAR });
  await run.count(1);
  const [id = ""] = broker.copiedIds;
  assert.deepEqual(ifKilledNow(dir, [fingerprint(body), id]), [undefined, 0]);
});

Deno.test("a suspect without an id runs alone where its copy is refused", async () => {
  const body = event("e");
  await using fixture = await afterKill([fingerprint(body), "other"], { alone: false });
  const { dir, broker, gates } = fixture;
  broker.copies = "refuse";
  broker.deliver({ name: "e", messageId: "", body, ...NEAR });
  await gates.entries(1);
  assert.deepEqual(ifKilledNow(dir, [fingerprint(body)]), [1], "killed now, it was alone");
  gates.leave("e");
});

for (const messageId of ["e", ""]) {
  const which = messageId ? "with" : "without";
  Deno.test(`an event ${which} an id does not run beside itself where its copy is refused`, async () => {
    const broker = new FakeBroker();
    const gates = new Gates();
    const settings = { concurrency: 2 };
    const worker = { consume: (e: { id: string }) => gates.enter(e.id) };
    await using run = await consuming({ broker, settings, worker });
    broker.deliver({ name: "e", messageId });
    await gates.entries(1);
    broker.lose();
    broker.copies = "refuse";
    const again = broker.deliver({ name: "e", messageId, ...NEAR });
    await turn();
    gates.leave("e");
    await run.count(1);
    assert.deepEqual(gates.entered, ["e"]);
    assert.equal(again.settlement?.kind, "done");
    assert.equal(run.consumer.inFlight, 0);
  });
}
