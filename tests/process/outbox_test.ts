/** A process that is killed between a commit and the publish that belongs to it. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import {
  type Database,
  migrateDatabase,
  openDatabase,
} from "../../lib/domain/database/database.ts";
import { Program } from "../fixtures/process/program.ts";
import { withFolder } from "../fixtures/process/program_fixture.ts";

/** Hangs at its first publish, which is after its first commit. */
const RELAYS = `
  import { outboxLoop, withOutbox } from "process-queue/database";
  import { defineWorker } from "process-queue/worker";
  import { existsSync, writeFileSync } from "node:fs";
  import { z } from "zod";
  async function held(ctx, event) {
    if (existsSync("committed")) return await ctx.publish(...event);
    writeFileSync("committed", "");
    return await new Promise(() => {});
  }
  export default defineWorker({
    queue: "relays",
    event: z.object({ n: z.number() }),
    setup(ctx) {
      ctx.loop(outboxLoop(ctx));
    },
    async consume({ n }, ctx) {
      const db = await ctx.database();
      const holding = { log: ctx.log, publish: (...event) => held(ctx, event) };
      const relayed = await withOutbox(db, holding, async (trx, publish) => {
        const seen = { queue: "relays", message_id: ctx.event.id, seen_at: 1 };
        const rows = await trx.insertInto("process_queue_inbox").values(seen)
          .onConflict((conflict) => conflict.doNothing()).returning("queue").execute();
        if (rows.length > 0) publish("targets", { n }, { id: "relay:" + n });
        return rows.length;
      });
      ctx.log.info("Relayed {relayed}", { relayed });
    },
  });`;

const TARGETS = `
  import { defineWorker } from "process-queue/worker";
  import { z } from "zod";
  export default defineWorker({
    queue: "targets",
    event: z.object({ n: z.number() }),
    consume({ n }, ctx) {
      ctx.log.info("Got {n} as {id}", { n, id: ctx.event.id });
    },
  });`;

/** As if this had been written a minute ago. */
async function age(db: Database): Promise<number> {
  const rows = await db.updateTable("process_queue_outbox").set({ at: Date.now() - 60_000 })
    .returning("id").execute();
  return rows.length;
}

Deno.test("what a killed process had committed and not published is published once", async () => {
  await withFolder(async (cwd) => {
    await Deno.mkdir(`${cwd}/workers`);
    await Deno.writeTextFile(`${cwd}/workers/relays.ts`, RELAYS);
    await Deno.writeTextFile(`${cwd}/workers/targets.ts`, TARGETS);
    const url = `sqlite:${cwd}/test.sqlite`;
    await migrateDatabase(url);
    await using db = await openDatabase(url);
    const env = { WORKERS_DIR: "workers", DATABASE_URL: url };
    const start = (...args: string[]) => Program.start(args, { cwd, env });
    const publish = async (n: number) => {
      await using publisher = start("publish", "relays", JSON.stringify({ n }));
      assert.equal((await publisher.end()).code, 0);
    };
    {
      await using killed = start("--multi_threaded", "relays", "targets");
      await publish(1);
      await killed.until("it committed", () => existsSync(`${cwd}/committed`));
      killed.signal("SIGKILL");
      await killed.end();
    }
    assert.equal(await age(db), 1);
    await using program = start("--multi_threaded", "relays", "targets");
    await program.untilLogged(/^Got 1 as relay:1$/);
    await program.untilLogged(/^Relayed 0$/);
    await publish(2);
    await program.untilLogged(/^Got 2 as relay:2$/);
    program.signal("SIGTERM");
    assert.equal((await program.end()).code, 0);
    const got = program.log.map(({ message }) => message).filter((text) => text.startsWith("Got"));
    assert.deepEqual(got, ["Got 1 as relay:1", "Got 2 as relay:2"]);
    assert.equal(await age(db), 0);
  });
});
