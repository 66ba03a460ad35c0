import assert from "node:assert/strict";
import type { Broker, BrokerError, Delivery } from "../../../../lib/engine/broker/broker.ts";
import { DamageError } from "../../../../lib/engine/broker/sqlite/errors.ts";
import { Session } from "../../../../lib/engine/broker/sqlite/session.ts";
import { FILE_NAME, openSqliteBroker } from "../../../../lib/engine/broker/sqlite/sqlite.ts";
import { TOO_LATE, within } from "../../../../lib/system/deadline.ts";
import type { Report } from "../../../../lib/engine/report.ts";
import { inFolder } from "../../../domain/database/each_database.ts";
import {
  changeBody,
  makeFile,
  overwrite,
  PAGE,
  pagesOf,
  zeroPages,
} from "../../../fixtures/sqlite_broker/damage.ts";
import { until } from "../../../fixtures/until.ts";

/** A test with a file of 500 events in the queue `q`. */
function damageTest(name: string, test: (stateDir: string, path: string) => Promise<void>): void {
  Deno.test(`SQLite: ${name}`, () =>
    inFolder(async (dir) => {
      const stateDir = `${dir}/state`;
      await test(stateDir, await makeFile(stateDir, 500));
    }));
}

/** What to do about a damaged file, in every message. */
function advice(path: string): string {
  return `stop every process that uses it, recover what can be read with \`process-queue recover ` +
    `${path} NEW\` or take a backup, and put that in its place`;
}

/** The error of opening the broker. */
async function refusal(stateDir: string): Promise<BrokerError> {
  return await openSqliteBroker({ stateDir }).then(
    () => assert.fail("the damaged file was opened"),
    (error) => error,
  );
}

/** The reason for which a broker failed. */
async function failureOf(broker: Broker): Promise<BrokerError> {
  const reason = await within(
    30_000,
    broker.failure ?? Promise.reject(new Error("It cannot fail")),
  );
  return reason === TOO_LATE ? assert.fail("the broker did not fail") : reason;
}

/** Takes the events of `q`. @returns Their number so far. */
async function consume(broker: Broker): Promise<{ count: number }> {
  const taken = { count: 0 };
  const subscription = broker.subscribe("q", {
    onDelivery: (delivery: Delivery) => {
      taken.count++;
      queueMicrotask(() => void subscription.settle(delivery, { kind: "done" }));
    },
    onLost: () => {},
  });
  await subscription.resume(10);
  return taken;
}

const DAMAGES: Readonly<Record<string, (path: string) => void>> = {
  "zeros in a page of events": (path) =>
    zeroPages(path, pagesOf(path, "event", "leaf").slice(9, 10)),
  "zeros in the first page of the events": (path) =>
    zeroPages(path, pagesOf(path, "event", "internal")),
  "zeros in a page of places": (path) => zeroPages(path, pagesOf(path, "ready", "leaf").slice(-1)),
  "zeros in an index": (path) => zeroPages(path, pagesOf(path, "sqlite_autoindex_queue_1", "leaf")),
  "zeros in the first page": (path) => zeroPages(path, [1]),
  "random bytes in a page of events": (path) => {
    const [page = 0] = pagesOf(path, "event", "leaf").slice(5);
    overwrite(path, (page - 1) * PAGE, crypto.getRandomValues(new Uint8Array(PAGE)));
  },
  "a cut end": (path) => Deno.truncateSync(path, Deno.statSync(path).size - 3 * PAGE),
  "text in its place": (path) => Deno.writeTextFileSync(path, "no database\n".repeat(1000)),
};

for (const [what, damage] of Object.entries(DAMAGES)) {
  damageTest(`a process that starts refuses a file with ${what}`, async (stateDir, path) => {
    damage(path);
    const { kind, message } = await refusal(stateDir);
    assert.equal(kind, "damaged");
    assert.match(message, /^The broker's file \S+ is damaged(, or is no database at all)?: stop /);
    assert.ok(message.includes(advice(path)), message);
  });
}

damageTest(
  "a process that finds damage stops taking, and refuses to publish",
  async (stateDir, path) => {
    const reports: Report[] = [];
    await using publisher = await openSqliteBroker({ stateDir });
    await using broker = await openSqliteBroker({
      stateDir,
      report: (one) => void reports.push(one),
    });
    zeroPages(path, pagesOf(path, "event", "leaf").slice(20, 22));
    // What another process writes empties the cache of this one.
    await publisher.publish("q", "new");
    const taken = await consume(broker);
    const reason = await failureOf(broker);
    const before = taken.count;
    assert.ok(before > 0 && before < 500);
    assert.match(String(reason), /is damaged: stop every process/);
    assert.equal(broker.isThere, false);
    await assert.rejects(broker.publish("q", "1"), { kind: "damaged" });
    const errors = reports.filter((one) => one.kind === "notice" && one.level === "error");
    assert.deepEqual(errors.map((one) => one.kind === "notice" && one.message), [
      "The broker's file is damaged: nothing more is taken from it or stored in it",
    ]);
    assert.equal(taken.count, before);
  },
);

damageTest("damage that one process finds stops the others", async (stateDir, path) => {
  await using idle = await openSqliteBroker({ stateDir });
  await using publisher = await openSqliteBroker({ stateDir });
  await idle.subscribe("other", { onDelivery: () => {}, onLost: () => {} }).resume(1);
  await using broker = await openSqliteBroker({ stateDir });
  zeroPages(path, pagesOf(path, "event", "leaf").slice(20, 22));
  await idle.publish("q", "new");
  await consume(broker);
  await failureOf(idle);
  await assert.rejects(publisher.publish("q", "1"), { kind: "damaged" });
  await assert.rejects(idle.publish("q", "1"), { kind: "damaged" });
  const { kind, message } = await refusal(stateDir);
  assert.equal(kind, "damaged");
  assert.ok(message.includes(advice(path)), message);
});

damageTest("damage that is found by looking at events stops the others", async (stateDir, path) => {
  await using other = await openSqliteBroker({ stateDir });
  await using broker = await openSqliteBroker({ stateDir });
  zeroPages(path, pagesOf(path, "event", "leaf").slice(20, 22));
  await other.publish("q", "new");
  await assert.rejects(broker.peek("q", 500), { kind: "damaged" });
  const isRefused = () =>
    other.publish("q", "1").then(() => false, ({ kind }) => kind === "damaged");
  await until("the other knows", isRefused);
});

damageTest("a file in place of a damaged one is used", async (stateDir, path) => {
  const backup = Deno.readFileSync(path);
  Deno.writeTextFileSync(`${path}-damaged`, "2026-01-01T00:00:00.000Z it was\n");
  zeroPages(path, [3]);
  assert.equal((await refusal(stateDir)).kind, "damaged");
  Deno.writeFileSync(path, backup);
  await using broker = await openSqliteBroker({ stateDir });
  assert.equal((await broker.depth("q"))?.ready, 500);
  assert.throws(() => Deno.statSync(`${path}-damaged`), Deno.errors.NotFound);
});

damageTest(
  "a process that starts finds damage in a file that is too large to be checked",
  async (stateDir, path) => {
    zeroPages(path, pagesOf(path, "owner", "leaf"));
    Deno.truncateSync(path, 33 * 1024 * 1024);
    const { kind, message } = await refusal(stateDir);
    assert.equal(kind, "damaged");
    assert.ok(message.includes(advice(path)), message);
  },
);

damageTest("damage of a file that was replaced does not stop its successor", async (_dir, path) => {
  const backup = Deno.readFileSync(path);
  const session = await Session.open(path);
  Deno.removeSync(path);
  Deno.writeFileSync(path, backup);
  assert.match(String(session.explain(new DamageError("found"))), /was removed or replaced/);
  session.close(true);
  assert.throws(() => Deno.statSync(`${path}-damaged`), Deno.errors.NotFound);
});

damageTest("an event whose bytes have changed is not delivered", async (stateDir, path) => {
  changeBody(path, 0);
  await using broker = await openSqliteBroker({ stateDir });
  const taken = await consume(broker);
  const reason = await failureOf(broker);
  assert.match(String(reason), /is damaged: .+ \(event 1 is not as it was stored\)$/);
  assert.equal(taken.count, 0);
  assert.match((await refusal(stateDir)).message, /\(event 1 is not as it was stored\)$/);
});

damageTest("an empty file that has been in use is not a new one", async (stateDir, path) => {
  {
    await using broker = await openSqliteBroker({ stateDir });
    await consume(broker);
  }
  Deno.truncateSync(path, 0);
  const { kind, message } = await refusal(stateDir);
  assert.equal(kind, "damaged");
  assert.equal(
    message,
    `The broker's file ${path} is damaged: it is empty, although it has been in use. Stop every ` +
      `process that uses it, and put a backup in its place, or remove it to begin without events`,
  );
  assert.equal(Deno.statSync(path).size, 0);
});

damageTest("damage that a start finds stops the processes that run", async (stateDir, path) => {
  await using running = await openSqliteBroker({ stateDir });
  await running.subscribe("other", { onDelivery: () => {}, onLost: () => {} }).resume(1);
  zeroPages(path, pagesOf(path, "event", "leaf").slice(9, 10));
  assert.match((await refusal(stateDir)).message, /damaged/);
  assert.match((await failureOf(running)).message, /a process found that at/);
});

Deno.test("SQLite: an empty file that was never in use is a new one", () =>
  inFolder(async (stateDir) => {
    Deno.writeTextFileSync(`${stateDir}/${FILE_NAME}`, "");
    await using broker = await openSqliteBroker({ stateDir });
    await broker.declare("q");
  }));
