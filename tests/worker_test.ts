import assert from "node:assert/strict";
import { runEvent } from "process-queue/testing";
import {
  DatabaseError,
  type DatabaseErrorKind,
  defineWorker,
  isDatabaseLost,
  RetryLater,
} from "process-queue/worker";
import { z } from "zod";

/** A worker as the documentation shows it: only a lost database lets its events wait. */
const careful = defineWorker({
  queue: "careful",
  event: z.object({ query: z.string() }),
  async consume({ query }, ctx) {
    try {
      const db = await ctx.database();
      await db.insertInto("zerver_useractivity")
        .values({ user_profile_id: 1, client_id: 1, query, count: 1, last_visit: new Date(0) })
        .execute();
    } catch (error) {
      if (!isDatabaseLost(error)) throw error;
      throw new RetryLater({ after: 15, counts: false, message: error.kind, cause: error });
    }
  },
});

const LOST: readonly [url: string, kind: DatabaseErrorKind][] = [
  ["postgres://u:s3cret@127.0.0.1:1/d", "unreachable"],
  ["sqlite:/proc/nowhere.sqlite", "permission"],
];

for (const [url, kind] of LOST) {
  Deno.test(`a worker can tell that its database is lost (${kind})`, async () => {
    const environment = { DATABASE_URL: url };
    const { outcome, counted, error } = await runEvent(careful, { query: "a" }, { environment });
    assert.deepEqual([outcome, counted, error?.message], ["retried", false, kind]);
  });
}

Deno.test("a worker can tell what the database refuses from a database that is lost", async () => {
  const twice = defineWorker({
    queue: "twice",
    event: z.unknown(),
    async consume(_, ctx) {
      const db = await ctx.database();
      const row = { queue: "twice", message_id: "a", seen_at: 0 };
      const insert = () => db.insertInto("process_queue_inbox").values(row).execute();
      await insert();
      await assert.rejects(insert(), (error) => !isDatabaseLost(error));
    },
  });
  const { outcome, error } = await runEvent(twice, {});
  assert.equal(outcome, "done", error?.message);
});

Deno.test("the test of a worker can make a database that is lost", () => {
  const error = new DatabaseError("full", "The disk is full.");
  assert(isDatabaseLost(error));
  assert.deepEqual([error.name, error.kind], ["DatabaseError", "full"]);
});
