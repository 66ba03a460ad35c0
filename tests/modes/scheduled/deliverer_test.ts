import assert from "node:assert/strict";
import { type Database, openDatabase } from "../../../lib/domain/database/database.ts";
import { DatabaseError } from "../../../lib/domain/database/database_error.ts";
import { Deliverer } from "../../../lib/modes/scheduled/deliverer.ts";
import { addPeople } from "../../fixtures/mail/people.ts";
import { addScheduled, FakeOutbox, idsLeft, NOW } from "../../fixtures/mail/scheduled.ts";

const NEVER = new AbortController().signal;
const address = "new@people.example";

/** A deliverer on a database in memory. Its clock and its database can be changed. */
class Bench {
  readonly outbox = new FakeOutbox();
  readonly lines: string[] = [];
  readonly deliverer: Deliverer;
  now = NOW;
  lost: Error | undefined;

  constructor(readonly db: Database, readonly realm_id: number) {
    this.deliverer = new Deliverer({
      database: () => this.lost ? Promise.reject(this.lost) : Promise.resolve(db),
      publish: this.outbox.publish,
      log: (level, message, properties) => {
        const text = message.replaceAll(/\{(\w+)\}/g, (_, name) => String(properties[name]));
        this.lines.push(`${level}: ${text}`);
      },
      now: () => this.now,
    });
  }

  /** One pass. @returns The lines that it logged. */
  async pass(): Promise<string[]> {
    await this.deliverer.tryPass(NEVER);
    return this.lines.splice(0);
  }
}

function benchTest(name: string, fn: (bench: Bench) => Promise<void>): void {
  Deno.test(name, async () => {
    await using db = await openDatabase("sqlite::memory:");
    await fn(new Bench(db, (await addPeople(db)).engines));
  });
}

benchTest("Deliverer delivers all that is due in one pass, and says which rows", async (bench) => {
  const { db, realm_id } = bench;
  for (let n = 0; n < 12; n++) await addScheduled(db, { realm_id, address });
  assert.deepEqual(await bench.pass(), [
    "info: Scheduled mails that are due go to the queue deferred_email_senders: rows " +
    "1, 2, 3, 4, 5, 6, 7, 8, 9, 10",
    "info: Scheduled mails that are due go to the queue deferred_email_senders: rows 11, 12",
  ]);
  assert.equal(bench.outbox.published.length, 12);
  assert.deepEqual(await bench.pass(), []);
  assert.equal(bench.deliverer.troubles, 0);
});

benchTest("Deliverer warns of a mail to nobody, which it deletes", async (bench) => {
  const id = await addScheduled(bench.db, { realm_id: bench.realm_id });
  assert.deepEqual(await bench.pass(), [
    `warning: The scheduled mail in row ${id} of zerver_scheduledemail has neither users nor an ` +
    "address: it is deleted",
  ]);
  assert.deepEqual(await idsLeft(bench.db), []);
  assert.equal(bench.deliverer.troubles, 0);
});

benchTest(
  "Deliverer reports a mail that cannot be sent once an hour, and sends it when it is corrected",
  async (bench) => {
    const { db, realm_id } = bench;
    const id = await addScheduled(db, { realm_id, address, data: "{" });
    const report = [
      `error: The scheduled mail in row ${id} of zerver_scheduledemail cannot be sent, as its data ` +
      "is not JSON: correct or delete the row; it is tried again in an hour",
    ];
    assert.deepEqual(await bench.pass(), report);
    bench.now += 3_599_000;
    assert.deepEqual(await bench.pass(), []);
    bench.now += 1000;
    assert.deepEqual(await bench.pass(), report);
    assert.equal(bench.deliverer.troubles, 2);
    await db.updateTable("zerver_scheduledemail").set({ data: '{"template_prefix":"a"}' })
      .execute();
    bench.now += 3_600_000;
    await bench.pass();
    assert.deepEqual(bench.outbox.published.map(([, , message]) => message), [`scheduled:${id}`]);
  },
);

benchTest(
  "Deliverer publishes what was left in the outbox when the broker is back",
  async (bench) => {
    const { db, realm_id, outbox } = bench;
    const id = await addScheduled(db, { realm_id, address });
    outbox.failure = new Error("No broker there");
    assert.deepEqual(await bench.pass(), [
      "warning: 1 of the events in the outbox could not be published, and are tried again in 10 s: " +
      "No broker there",
      `info: Scheduled mails that are due go to the queue deferred_email_senders: rows ${id}`,
    ]);
    assert.equal(bench.deliverer.troubles, 1);
    outbox.failure = undefined;
    bench.now = Date.now() + 60_000;
    assert.deepEqual(await bench.pass(), []);
    assert.deepEqual(outbox.published.map(([, , message]) => message), [`scheduled:${id}`]);
  },
);

benchTest(
  "Deliverer says once that it waits for the database, and when it is back",
  async (bench) => {
    bench.lost = new DatabaseError("unreachable", "The database x cannot be reached");
    assert.deepEqual(await bench.pass(), [
      "warning: Scheduled mails wait for the database, which is tried every 10 s: " +
      "The database x cannot be reached",
    ]);
    assert.deepEqual(await bench.pass(), []);
    bench.lost = undefined;
    assert.deepEqual(await bench.pass(), [
      "info: The database is back: scheduled mails are delivered",
    ]);
    bench.lost = new TypeError("A fault of the program");
    await assert.rejects(bench.pass(), bench.lost);
  },
);
