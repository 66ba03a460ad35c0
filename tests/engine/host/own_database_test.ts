/** Workers that must not run on the database of a Zulip server. */
import assert from "node:assert/strict";
import { runEvent } from "process-queue/testing";
import { DatabaseError, defineWorker } from "process-queue/worker";
import { z } from "zod";
import { loadConfig } from "../../../lib/config/config.ts";
import { isMisplaced } from "../../../lib/engine/host/own_database.ts";
import { domainTest } from "../../fixtures/database/shapes.ts";

const configOf = (url: string) => loadConfig({ DATABASE_URL: url });

/** Keeps the error of the database. */
function careful(ownDatabaseOnly: boolean | (() => boolean)) {
  const errors: unknown[] = [];
  const worker = defineWorker({
    queue: "careful",
    event: z.unknown(),
    ownDatabaseOnly,
    async consume(_event, ctx) {
      await ctx.database().catch((error) => errors.push(error));
    },
  });
  return { worker, errors };
}

domainTest(
  "a worker for databases of our own gets no Zulip server's",
  async (db, { kind, url }) => {
    const isZulips = kind === "zulip";
    const { worker, errors } = careful(() => true);
    assert.equal(await isMisplaced(worker, configOf(url)), isZulips);
    await runEvent(worker, {}, { database: db });
    assert.equal(errors.length, isZulips ? 1 : 0);
    if (!isZulips) return;
    const [error] = errors;
    assert(error instanceof DatabaseError);
    assert.equal(
      error.message,
      "DATABASE_URL is the database of a Zulip server: the worker of careful is only for a database " +
        "of this program's own, so leave this queue to manage.py",
    );
  },
);

domainTest("any other worker gets every database", async (db, { url }) => {
  const { worker, errors } = careful(() => false);
  assert.equal(await isMisplaced(worker, configOf(url)), false);
  await runEvent(worker, {}, { database: db });
  assert.deepEqual(errors, []);
});

Deno.test("while the database cannot be reached, a worker is not known to be misplaced", async () => {
  const databaseUrl = "postgres://nobody@127.0.0.1:1/nothing";
  assert.equal(await isMisplaced(careful(true).worker, configOf(databaseUrl)), false);
});
