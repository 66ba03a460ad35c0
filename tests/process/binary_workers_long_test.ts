/**
 * Workers in the compiled binary: what an operator's may do and how they end; thumbnails.
 *
 * @module
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import { inTransaction } from "../../lib/database.ts";
import { migrateDatabase, openDatabase } from "../../lib/domain/database/database.ts";
import { requestExport } from "../../lib/domain/exports/request.ts";
import { askForExport, makeOffice } from "../fixtures/exports/office.ts";
import { Unpacked } from "../fixtures/exports/unpacked.ts";
import { FakeSentry } from "../fixtures/monitoring/fake_sentry.ts";
import { assertWithin } from "../fixtures/pace.ts";
import { heic, look } from "../fixtures/pictures/pictures.ts";
import { PictureRealm, writeUpload } from "../fixtures/pictures/uploaded.ts";
import { binaryTest, WORKER } from "../fixtures/process/binary.ts";
import { mailEvent, mime, plain } from "../fixtures/mirror/mime.ts";
import { ADDRESS, MirrorRealm } from "../fixtures/mirror/mirror_realm.ts";
import { until } from "../fixtures/until.ts";

const LANES = new URL("../../lib/engine/executor/lanes.ts", import.meta.url);

/** A worker that shows whether it has the program's own copies. */
const SHARER = `import { defineWorker, Discard, Fail } from "process-queue/worker";
import { z } from "zod";
import { sql } from "kysely";
import * as mini from "zod/mini";
const noop = new URL("../workers/noop.js", import.meta.resolve("process-queue/worker"));
const { default: builtIn } = await import(noop.href);
export default defineWorker({ queue: "sharer", event: mini.object({ do: z.string() }),
  async consume(event, ctx) {
    if (event.do === "discard") throw new Discard();
    if (event.do === "fail") throw new Fail("never again");
    await sql\`select 1\`.execute(await ctx.database());
    const isShared = builtIn.event.constructor === z.unknown().constructor;
    ctx.log.info("zod is {copies}", { copies: isShared ? "shared" : "here twice" });
  } });
`;

binaryTest("the binary runs a .js worker, and says where it threw", async (installed) => {
  await installed.ok("publish", "hello", '{"do": "throw"}');
  await using program = installed.start("--queue_name", "hello", "--drain");
  assert.deepEqual((await program.end()).stdout, [
    "done 0, retried 0, failed 1, waiting for retry 0",
  ]);
  const line = await program.untilLogged(/^Problem handling data on queue hello$/);
  const { stack } = line["error"] as { readonly stack: string };
  assert.match(stack, /workers\/hello\.js:6:\d+/);
  const lanes = readFileSync(LANES, "utf8")
    .split("\n").findIndex((text) => text.includes("this.#worker.consume(")) + 1;
  assert.match(stack, new RegExp(`-process-queue/lib/engine/executor/lanes\\.ts:${lanes}:`));
});

for (const way of [[], ["--inline"]]) {
  binaryTest(`own workers share the binary's modules ${way}`, async (installed) => {
    await Deno.writeTextFile(`${installed.folder}/workers/sharer.js`, SHARER);
    for (const name of ["discard", "fail", "compare"]) {
      await installed.ok("publish", "sharer", JSON.stringify({ do: name }));
    }
    await using program = installed.start("--queue_name", "sharer", "--drain", ...way);
    const { stdout } = await program.end();
    assert.deepEqual(stdout, ["done 2, retried 0, failed 1, waiting for retry 0"]);
    await program.untilLogged(/^zod is shared$/);
  });
}

binaryTest("the binary sends errors to Sentry, with the lines of the source", async (installed) => {
  await using sentry = new FakeSentry();
  installed.env["SENTRY_DSN"] = sentry.dsn;
  await installed.ok("publish", "hello", '{"do": "throw"}');
  await installed.ok("--queue_name", "hello", "--drain");
  assert.match(sentry.text.join("\n"), /workers\/hello\.js/);
  assert.match(sentry.text.join("\n"), /lib\/engine\/executor\/lanes\.ts/);
});

binaryTest("the binary makes thumbnails", async (installed) => {
  const url = `sqlite:${installed.folder}/pictures.sqlite`;
  const uploads = `${installed.folder}/uploads`;
  Object.assign(installed.env, { DATABASE_URL: url, LOCAL_UPLOADS_DIR: uploads });
  await using db = await openDatabase(url);
  const realm = await PictureRealm.make(db);
  const about = { name: "soup.heic", contentType: "image/heic", width: 64, height: 48 };
  const picture = await realm.upload(about);
  writeUpload(uploads, picture, heic());
  const message = await realm.message([picture]);
  await installed.ok("publish", "thumbnail", JSON.stringify({ id: picture.id }));
  const [last] = await installed.ok("--queue_name", "thumbnail", "--drain");
  assert.equal(last, "done 1, retried 0, failed 0, waiting for retry 0");
  assert.match(await realm.rendered(message) ?? "", / data-transcoded-image="4032x3024\.webp">/);
  const folder = `${uploads}/files/thumbnail/${picture.path}`;
  for (const name of ["840x560.webp", "4032x3024.webp"]) {
    const { width, height } = look(readFileSync(`${folder}/${name}`));
    assert.deepEqual([width, height], [64, 48]);
  }
});

binaryTest(
  "the binary makes the archive of an export, in a thread of its own",
  async (installed) => {
    const url = `sqlite:${installed.folder}/test.sqlite`;
    await migrateDatabase(url);
    await using db = await openDatabase(url);
    const exportId = await askForExport(db, await makeOffice(db));
    await inTransaction(db, (trx) => requestExport(trx, { exportId }, Date.now()));
    const uploads = `${installed.folder}/uploads`;
    Object.assign(installed.env, { DATABASE_URL: url, LOCAL_UPLOADS_DIR: uploads });
    await using program = installed.start("--queue_name", "deferred_work", "--log-format", "json");
    await program.untilLogged(/^The job realm_export \d+ of type realm_export is done$/);
    const { export_path } = await db.selectFrom("zerver_realmexport").select("export_path")
      .executeTakeFirstOrThrow();
    const path = export_path?.replace("/user_avatars/", "/avatars/");
    assert.equal((await Unpacked.read(uploads + path)).rows("zerver_message").length, 8);
    program.signal("SIGTERM");
    assert.equal((await program.end()).code, 0);
  },
);

binaryTest("the binary starts no other programs", async (installed) => {
  await installed.ok("publish", "hello", '{"do": "run"}');
  await using program = installed.start("--queue_name", "hello", "--drain");
  assert.equal((await program.end()).stdout[0], "done 0, retried 0, failed 1, waiting for retry 0");
  const line = await program.untilLogged(/^Problem handling data on queue hello$/);
  const { name, message } = line["error"] as { readonly name: string; readonly message: string };
  assert.equal(name, "NotCapable");
  assert.match(message, /Requires run access to "\/bin\/true"/);
});

binaryTest("the binary restarts with --watch when a worker changes", async (installed) => {
  await using program = installed.start("--queue_name", "hello", "--watch");
  const lines = (text: RegExp) => program.stderr.filter((line) => text.test(line)).length;
  await program.until("it has started", () => lines(/connecting to queue hello/) === 1);
  const changed = WORKER.replaceAll("doing {what}", "changed {what}");
  Deno.writeTextFileSync(`${installed.folder}/workers/hello.js`, changed);
  await program.until("it has restarted", () => lines(/connecting to queue hello/) === 2);
  await installed.ok("publish", "hello", '{"do":"run"}');
  await program.until("a worker must not start programs", () => lines(/NotCapable/) > 0);
  assert(lines(/changed run/) === 1);
  program.signal("SIGTERM");
  assert.equal((await program.end()).code, 0);
});

binaryTest("--watch sees a worker that is added, in the binary too", async (installed) => {
  await using program = installed.start("--all", "--watch", "--log-format", "json");
  const { count } = await program.untilLogged(/^\d+ queue worker threads were launched$/);
  const added = WORKER.replace('"hello"', '"added"');
  await Deno.writeTextFile(`${installed.folder}/workers/added.js`, added);
  const more = new RegExp(`^${Number(count) + 1} queue worker threads were launched$`);
  await program.untilLogged(more);
  program.signal("SIGTERM");
  assert.equal((await program.end()).code, 0);
});

binaryTest("a second SIGTERM ends the binary at once", async (installed) => {
  await installed.ok("publish", "hello", '{"do": "hang"}');
  await using program = installed.start("--queue_name", "hello");
  await program.untilLogged(/^doing hang$/);
  program.signal("SIGTERM");
  await program.untilLogged(
    /^1 event is running and has 25 s to finish; a second signal releases it/,
  );
  const since = performance.now();
  // Within 300 ms it would be taken for the same one.
  await until("it is another one", () => performance.now() - since > 350);
  const began = performance.now();
  program.signal("SIGTERM");
  assert.equal((await program.end()).code, 0);
  await assertWithin(performance.now() - began, 8000, "a second SIGTERM");
});

binaryTest(
  "a thread of the binary that cannot be ended goes with the process",
  async (installed) => {
    installed.env["PQ_HELLO_MAX_CONSUME_SECONDS"] = "1";
    installed.env["ABORT_GRACE_SECONDS"] = "1";
    await installed.ok("publish", "hello", '{"do": "loop"}');
    await using program = installed.start("--multi_threaded", "hello", "noop");
    const { message } = await program.untilLogged(/^This runtime has no Web Locks/);
    assert.match(message, /the process is then restarted\. Use Deno 2\.9 or later$/);
    await program.untilLogged(/^The worker of hello did not return .* its thread is ended/);
    await program.untilLogged(/^A thread of hello cannot be ended, .* asks to be restarted$/);
    assert.equal((await program.end()).code, 3);
    assert.equal(program.log.filter((line) => line.message === message).length, 1);
    const [last] = await installed.ok("--queue_name", "hello", "--drain");
    assert.equal(last, "done 0, retried 0, failed 0, waiting for retry 0");
  },
);

for (const [signal, code] of [["SIGTERM", 0], ["SIGINT", 0], ["SIGUSR1", 3]] as const) {
  binaryTest(`${signal} drains the binary, which ends with ${code}`, async (installed) => {
    await installed.ok("publish", "hello", '{"do": "wait"}');
    await using program = installed.start("--queue_name", "hello");
    await program.untilLogged(/^doing wait$/);
    program.signal(signal);
    assert.equal((await program.end()).code, code);
    assert(program.log.some(({ message }) => message === "done"));
  });
}

binaryTest("SIGTSTP, SIGCONT and SIGUSR2 do what they do elsewhere", async (installed) => {
  await using program = installed.start("--queue_name", "hello");
  await until("it has started", () => program.stderr.length > 0);
  await until("it consumes", () => {
    program.signal("SIGUSR2");
    return program.log.some((line) => line["state"] === "consuming");
  });
  program.signal("SIGTSTP");
  await program.untilLogged(/^Taking no more events/);
  await installed.ok("publish", "hello", '{"do": "go on"}');
  program.signal("SIGCONT");
  await program.untilLogged(/^done$/);
});

binaryTest("the binary makes a message of a mail, with its file", async (installed) => {
  const uploads = `${installed.folder}/uploads`;
  const url = `sqlite:${installed.folder}/mirror.sqlite`;
  Object.assign(installed.env, { DATABASE_URL: url, LOCAL_UPLOADS_DIR: uploads });
  installed.env["EMAIL_GATEWAY_PATTERN"] = "%s@in.zulip.example";
  await using db = await openDatabase(url);
  const mirror = await MirrorRealm.make(db, uploads);
  const mail = mime({}, plain("Hello"), { type: "text/csv", body: "1,2", name: "a.csv" });
  await installed.ok("publish", "email_mirror", JSON.stringify(mailEvent(mail, ADDRESS)));
  const [last] = await installed.ok("--queue_name", "email_mirror", "--drain");
  assert.equal(last, "done 1, retried 0, failed 0, waiting for retry 0");
  const [message] = await mirror.messages();
  const [, path] = /^Hello\n\n\[a\.csv\]\(\/user_uploads\/(.*)\)$/.exec(message?.content ?? "") ??
    [];
  assert.equal(readFileSync(`${uploads}/files/${path}`, "utf8"), "1,2");
});
