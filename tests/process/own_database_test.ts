/** Workers that are not for the database of a Zulip server, in the real program. */
import assert from "node:assert/strict";
import { ZULIP_TEMPLATE, zulipUrl } from "../fixtures/database/shapes.ts";
import { Program } from "../fixtures/process/program.ts";
import { withFolder } from "../fixtures/process/program_fixture.ts";
import { postgresCopyTest } from "../servers.ts";

const CAREFUL = `
  import { defineWorker } from "process-queue/worker";
  import { z } from "zod";
  export default defineWorker({
    queue: "careful", event: z.unknown(), ownDatabaseOnly: true, consume() {},
    setup() { console.log("set up"); },
  });`;

postgresCopyTest(
  "a worker leaves a Zulip server's database alone",
  ZULIP_TEMPLATE,
  async ({ url }) => {
    await withFolder(async (cwd) => {
      await Deno.writeTextFile(`${cwd}/careful.ts`, CAREFUL);
      const env = {
        ...{ STATE_DIR: `${cwd}/state`, WORKERS_DIR: cwd, BROKER: "embedded" },
        DATABASE_URL: zulipUrl(url),
      };
      const start = (...args: string[]) => Program.start(args, { cwd, env });
      await using named = start("--queue_name", "careful");
      await using inline = start("--queue_name", "careful", "--inline");
      for (const program of [named, inline]) {
        const { code, stdout, stderr } = await program.end();
        assert.deepEqual([code, stdout], [1, []]);
        assert.match(
          stderr.at(-1) ?? "",
          /DATABASE_URL: it is the database of a Zulip server, whic/,
        );
      }
      await using checked = start("check-config");
      const { stdout } = await checked.end();
      assert.match(
        stdout.join("\n"),
        /careful\.ts, does not start: DATABASE_URL is the database of/,
      );
      await using several = start(
        "--multi_threaded",
        "careful",
        "noop",
        "--skip-unknown",
        "--drain",
      );
      await several.untilLogged(
        /^Queue careful is left out: DATABASE_URL is the database of a Zulip/,
      );
      assert.equal((await several.end()).code, 0);
      await using all = start("--all");
      await all.untilLogged(
        /^Queue careful is left out: DATABASE_URL is the database of a Zulip se/,
      );
      await all.untilLogged(/queue worker threads were launched$/);
      all.signal("SIGTERM");
      assert.equal((await all.end()).code, 0);
      assert.deepEqual(all.stdout, []);
    });
  },
);
