/** A job of the real program, in a thread of its own, across a stop. */
import assert from "node:assert/strict";
import { addJob } from "../../lib/database.ts";
import { migrateDatabase, openDatabase } from "../../lib/domain/database/database.ts";
import { Program } from "../fixtures/process/program.ts";
import { withFolder } from "../fixtures/process/program_fixture.ts";

const EXPORTS = `
  import { addJob, jobLoop } from "process-queue/database";
  import { defineWorker } from "process-queue/worker";
  import { z } from "zod";
  export default defineWorker({
    queue: "exports",
    event: z.object({ id: z.number() }),
    setup(ctx) {
      ctx.loop(jobLoop(ctx, {
        export: {
          module: new URL("./_export.ts", import.meta.url),
          finish: (_trx, _job, result) => ctx.log.info("Exported {result}", { result }),
        },
      }));
    },
    async consume({ id }, ctx) {
      const db = await ctx.database();
      const job = { key: "export:" + id, type: "export", args: { id } };
      const added = await db.transaction().execute((trx) => addJob(trx, job));
      ctx.log.info("Added {added}", { added });
    },
  });`;

/** Does its first half, and its second half in the run after that. */
const EXPORT = `
  export default ({ args, progress }, { signal, progress: report }) => {
    if (progress !== undefined) return "part " + progress + " of " + args.id + " and the rest";
    report(1);
    return new Promise((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  };`;

Deno.test("a job that a stop interrupts goes on in the next process, at once", async () => {
  await withFolder(async (cwd) => {
    await Deno.mkdir(`${cwd}/workers`);
    await Deno.writeTextFile(`${cwd}/workers/exports.ts`, EXPORTS);
    await Deno.writeTextFile(`${cwd}/workers/_export.ts`, EXPORT);
    const url = `sqlite:${cwd}/test.sqlite`;
    await migrateDatabase(url);
    await using db = await openDatabase(url);
    const env = { WORKERS_DIR: "workers", DATABASE_URL: url };
    const start = (...args: string[]) => Program.start(args, { cwd, env });
    const job = () => db.selectFrom("process_queue_job").selectAll().executeTakeFirst();
    const consume = ["--queue_name", "exports"];
    await db.transaction().execute(async (trx) => {
      await addJob(trx, { key: "export:7", type: "export", args: { id: 7 } });
    });
    await using stopped = start(...consume);
    await stopped.until("it has done its first half", async () => (await job())?.progress === "1");
    stopped.signal("SIGTERM");
    assert.equal((await stopped.end()).code, 0);
    assert.deepEqual([(await job())?.state, (await job())?.taken], ["waiting", 0]);
    await using program = start(...consume);
    await program.untilLogged(/^Exported part 1 of 7 and the rest$/);
    await using publisher = start("publish", "exports", '{"id": 7}');
    await program.untilLogged(/^Added false$/);
    await program.until("the job is done", async () => (await job())?.state === "done");
    program.signal("SIGTERM");
    assert.equal((await program.end()).code, 0);
    assert.equal((await publisher.end()).code, 0);
  });
});
