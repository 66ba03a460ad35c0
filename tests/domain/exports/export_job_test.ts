import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { openDatabase } from "../../../lib/domain/database/database.ts";
import type { Database } from "../../../lib/domain/database/tables.ts";
import { newRow } from "../../../lib/domain/database/rows.ts";
import { jobLoop } from "../../../lib/domain/database/job_loop.ts";
import { exportJob, spoolFolder } from "../../../lib/domain/exports/export_job.ts";
import { type ExportArgs, exportRealm } from "../../../lib/domain/exports/export_realm.ts";
import { EXPORT_JOB, requestExport } from "../../../lib/domain/exports/request.ts";
import { MailTemplates } from "../../../lib/domain/mail/templates/mail_templates.ts";
import { problemOfEvent } from "../../../lib/domain/realtime/event_types/event_types.ts";
import type { RealtimeEvent } from "../../../lib/domain/realtime/event.ts";
import { FakeJobContext, type Script } from "../../fixtures/database/job_context.ts";
import { MADE } from "../../fixtures/database/realm.ts";
import { askForExport, makeOffice, type Office } from "../../fixtures/exports/office.ts";
import { untilOneWaits } from "../../fixtures/database/locks.ts";
import { OWN_TEMPLATE } from "../../fixtures/database/shapes.ts";
import { postgresCopyTest } from "../../servers.ts";
import { Unpacked } from "../../fixtures/exports/unpacked.ts";
import { eachDatabaseTest, inFolder } from "../database/each_database.ts";

const NOW = Date.parse("2026-03-02T08:00:00Z");
const SITE = { externalHost: "zulip.example", scheme: "https://" };
const TEMPLATES = new MailTemplates(undefined);

/** Exports in a folder, done by a loop whose time a test sets. */
function exportsIn(db: Database, folder: string, script?: Script) {
  const make: Script = ({ input, signal }) => {
    const { args } = input as { args: ExportArgs };
    return exportRealm(db, args, {
      ...{ uploadsDir: folder, spoolDir: spoolFolder(folder, args.exportId), signal },
      ...{ progress: () => {}, now: () => NOW },
    });
  };
  const ctx = new FakeJobContext(db, "me", script ?? make);
  const clock = { now: NOW };
  const type = exportJob({
    ...{ site: SITE, log: ctx.log, stateDir: folder, uploadsDir: folder, now: () => clock.now },
    text: (...args) => TEMPLATES.text(...args),
  });
  const loop = jobLoop(ctx, { [EXPORT_JOB]: type }, { now: () => clock.now });
  return { ctx, clock, pass: () => loop.run(new AbortController().signal) };
}

function ask(db: Database, request: Parameters<typeof requestExport>[1]) {
  return db.transaction().execute((trx) => requestExport(trx, request, NOW));
}

async function exportRow(db: Database, id: number) {
  return await db.selectFrom("zerver_realmexport").selectAll().where("id", "=", id)
    .executeTakeFirstOrThrow();
}

async function argsOf(db: Database): Promise<ExportArgs> {
  const { args } = await db.selectFrom("process_queue_job").select("args")
    .executeTakeFirstOrThrow();
  return JSON.parse(args);
}

/** The notice, which must be what clients know. */
function noticeIn(ctx: FakeJobContext): { users: number[]; exports: Record<string, unknown>[] } {
  const [queue, notice] =
    ctx.published.find(([, each]) =>
      (each as { event: RealtimeEvent }).event.type === "realm_export"
    ) ?? [];
  const { event, users } = notice as { event: RealtimeEvent; users: number[] };
  assert.equal(queue, "notify_tornado");
  assert.equal(problemOfEvent(event), undefined);
  return { users, exports: event["exports"] as Record<string, unknown>[] };
}

async function directMessagesTo(db: Database, { realm, ada, notifier }: Office): Promise<string[]> {
  const rows = await db.selectFrom("zerver_message as message")
    .innerJoin("zerver_usermessage as copy", "copy.message_id", "message.id")
    .select("message.content").where("message.sender_id", "=", notifier)
    .where("message.realm_id", "=", realm.id)
    .where("message.is_channel_message", "=", false)
    .where("copy.user_profile_id", "=", ada).execute();
  return rows.map(({ content }) => content);
}

eachDatabaseTest(
  "an export succeeds: its row, the notice, a message in the language",
  async (t) => {
    const db = await t.open();
    const office = await makeOffice(db);
    await db.updateTable("zerver_userprofile").set({ default_language: "de" })
      .where("id", "=", office.ada).execute();
    await inFolder(async (folder) => {
      const { ctx, pass } = exportsIn(db, folder);
      const failed = await askForExport(db, office, 1, 4);
      const id = await askForExport(db, office);
      assert.deepEqual(await ask(db, { exportId: id }), { kind: "added", exportId: id });
      assert.deepEqual([await pass(), await pass()], [true, false]);
      const row = await exportRow(db, id);
      assert.deepEqual([row.status, row.date_succeeded, row.date_failed], [3, new Date(NOW), null]);
      assert.match(
        row.export_path ?? "",
        /^\/user_avatars\/exports\/\d+\/[\w-]{24}\/zulip-export-/,
      );
      const path = folder + row.export_path?.replace("/user_avatars", "/avatars");
      assert.equal(Deno.statSync(path).size, row.tarball_size_bytes);
      const { export: about } = (await Unpacked.read(path)).manifest;
      assert.deepEqual(about, { id, type: "full" });
      assert.match(row.sha256sum_hex ?? "", /^[0-9a-f]{64}$/);
      assert.equal((row.stats as { tables: Record<string, number> }).tables["zerver_message"], 8);
      const { users, exports } = noticeIn(ctx);
      assert.deepEqual(users, [office.ada, office.ben]);
      const url = `https://acme.zulip.example${row.export_path}`;
      assert.deepEqual(exports.map((one) => [one["id"], one["export_url"], one["pending"]]), [
        [failed, null, false],
        [id, url, false],
      ]);
      assert.deepEqual(await directMessagesTo(db, office), [
        "Dein Datenexport ist fertig. [Exporte ansehen und herunterladen]" +
        "(/#organization/data-exports-admin).",
      ]);
    });
  },
);

eachDatabaseTest("a second event of an export finds its job, or that it is over", async (t) => {
  const db = await t.open();
  const office = await makeOffice(db);
  await inFolder(async (folder) => {
    const { pass } = exportsIn(db, folder);
    const id = await askForExport(db, office);
    const job = `realm_export ${id}`;
    await ask(db, { exportId: id });
    const known = { kind: "known", reason: `There is a job ${job} already` };
    assert.deepEqual(await ask(db, { exportId: id }), known);
    await db.updateTable("zerver_realmexport").set({ status: 2 }).execute();
    const status = (number: number) => ({
      kind: "known",
      reason: `The export ${id} has status ${number}`,
    });
    assert.deepEqual(await ask(db, { exportId: id }), status(2));
    await pass();
    assert.deepEqual(await ask(db, { exportId: id }), status(3));
    const started = await askForExport(db, office, 1, 2);
    assert.deepEqual(await ask(db, { exportId: started }), { kind: "lost", exportId: started });
    assert.deepEqual(await ask(db, { exportId: 99 }), {
      kind: "refused",
      reason: "There is no export 99 in zerver_realmexport",
    });
  });
});

eachDatabaseTest("the event of an older server makes a public export, once", async (t) => {
  const db = await t.open();
  const office = await makeOffice(db);
  const { id: entryId } = await db.insertInto("zerver_realmauditlog").values(
    newRow("zerver_realmauditlog", {
      ...{ event_type: 206, event_time: MADE, realm_id: office.realm.id },
    }),
  ).returning("id").executeTakeFirstOrThrow();
  const request = { entryId, userId: office.ada, at: MADE };
  const added = await ask(db, request);
  assert.equal(added.kind, "added");
  assert.equal((await ask(db, request)).kind, "known");
  const rows = await db.selectFrom("zerver_realmexport")
    .select(["type", "status", "date_requested", "acting_user_id"]).execute();
  assert.deepEqual(rows, [
    { type: 1, status: 1, date_requested: MADE, acting_user_id: office.ada },
  ]);
  assert.deepEqual(await ask(db, { ...request, entryId: 9999 }), {
    kind: "refused",
    reason: "The audit log has no export 9999",
  });
});

eachDatabaseTest("an export whose process ended three times fails, with the reason", async (t) => {
  const db = await t.open();
  const office = await makeOffice(db);
  await inFolder(async (folder) => {
    const { ctx, pass, clock } = exportsIn(db, folder);
    const id = await askForExport(db, office);
    await ask(db, { exportId: id });
    const { token } = await argsOf(db);
    const dir = `${folder}/avatars/exports/${office.realm.id}/${token}`;
    for (const each of [spoolFolder(folder, id), dir]) Deno.mkdirSync(each, { recursive: true });
    Deno.writeTextFileSync(`${dir}/zulip-export-${id}.tar.gz.part`, "");
    await db.updateTable("process_queue_job").set({ state: "running", taken: 3, alive_at: NOW })
      .execute();
    clock.now += 61_000;
    await pass();
    const { status, date_failed, export_path } = await exportRow(db, id);
    assert.deepEqual([status, date_failed, export_path], [4, new Date(clock.now), null]);
    const { exports } = noticeIn(ctx);
    assert.deepEqual([exports[0]?.["failed_timestamp"], exports[0]?.["pending"]], [
      ...[clock.now / 1000, false],
    ]);
    const { state, error } = await db.selectFrom("process_queue_job").selectAll()
      .executeTakeFirstOrThrow();
    assert.deepEqual([state, error], ["failed", "the process that did it ended 3 times"]);
    assert.deepEqual(await directMessagesTo(db, office), []);
    assert.deepEqual([existsSync(spoolFolder(folder, id)), existsSync(dir)], [false, false]);
  });
});

postgresCopyTest(
  "two processes with an older server's event add one export",
  OWN_TEMPLATE,
  async ({ url }) => {
    await using db = await openDatabase(url);
    const office = await makeOffice(db);
    const { id: entryId } = await db.insertInto("zerver_realmauditlog").values(
      newRow("zerver_realmauditlog", {
        ...{ event_type: 206, event_time: MADE, realm_id: office.realm.id },
      }),
    ).returning("id").executeTakeFirstOrThrow();
    const request = { entryId, userId: office.ada, at: MADE };
    const [stored, commits] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const first = db.transaction().execute(async (trx) => {
      const requested = await requestExport(trx, request, NOW);
      stored.resolve();
      await commits.promise;
      return requested;
    });
    await stored.promise;
    const second = ask(db, request);
    await untilOneWaits(db);
    commits.resolve();
    assert.deepEqual([(await first).kind, (await second).kind], ["added", "known"]);
    const rows = await db.selectFrom("zerver_realmexport").select("id").execute();
    assert.equal(rows.length, 1);
  },
);

Deno.test("an export has failed also where its archive cannot be removed", async () => {
  await using db = await openDatabase("sqlite::memory:");
  const office = await makeOffice(db);
  await inFolder(async (folder) => {
    const { ctx, pass, clock } = exportsIn(db, folder);
    const id = await askForExport(db, office);
    await ask(db, { exportId: id });
    // A file in place of the folder.
    Deno.writeTextFileSync(`${folder}/avatars`, "");
    await db.updateTable("process_queue_job").set({ state: "running", taken: 3, alive_at: NOW })
      .execute();
    clock.now += 61_000;
    await pass();
    assert.equal((await exportRow(db, id)).status, 4);
    const line = new RegExp(
      `^warn: What was written of the export ${id} cannot be removed \\(.*ENOTDIR.*\\): remove ` +
        `${folder}/avatars/exports/`,
    );
    assert(ctx.lines.some((each) => line.test(each)), ctx.lines.join("\n"));
  });
});

Deno.test("an export that was deleted, and failed then, leaves no archive", async () => {
  await using db = await openDatabase("sqlite::memory:");
  const office = await makeOffice(db);
  await inFolder(async (folder) => {
    const { pass, clock } = exportsIn(db, folder);
    const id = await askForExport(db, office);
    await ask(db, { exportId: id });
    const dir = `${folder}/avatars/exports/${office.realm.id}/${(await argsOf(db)).token}`;
    Deno.mkdirSync(dir, { recursive: true });
    Deno.writeTextFileSync(`${dir}/zulip-export-${id}.tar.gz.killed.part`, "");
    await db.updateTable("zerver_realmexport").set({ status: 5 }).execute();
    await db.updateTable("process_queue_job").set({ state: "running", taken: 3, alive_at: NOW })
      .execute();
    clock.now += 61_000;
    await pass();
    assert.equal((await exportRow(db, id)).status, 5);
    assert(!existsSync(dir));
  });
});

Deno.test("an export that was deleted while it was made leaves no archive", async () => {
  await using db = await openDatabase("sqlite::memory:");
  const office = await makeOffice(db);
  await inFolder(async (folder) => {
    const id = await askForExport(db, office);
    const { ctx, pass } = exportsIn(db, folder, async ({ input, signal }) => {
      const made = await exportRealm(db, (input as { args: ExportArgs }).args, {
        ...{ uploadsDir: folder, spoolDir: spoolFolder(folder, id), signal, progress: () => {} },
      });
      await db.updateTable("zerver_realmexport").set({ status: 5 }).execute();
      return made;
    });
    await ask(db, { exportId: id });
    await pass();
    const { token } = await argsOf(db);
    assert(!existsSync(`${folder}/avatars/exports/${office.realm.id}/${token}`));
    assert.deepEqual(ctx.published, []);
    assert(ctx.lines.some((line) => /^warn: The export \d+ was ended by somebody else/.test(line)));
  });
});

Deno.test("without a notification bot the export succeeds all the same", async () => {
  await using db = await openDatabase("sqlite::memory:");
  const office = await makeOffice(db);
  await db.updateTable("zerver_userprofile").set({ email: "x@zulip.com" })
    .where("id", "=", office.notifier).execute();
  await inFolder(async (folder) => {
    const { ctx, pass } = exportsIn(db, folder);
    const id = await askForExport(db, office);
    await ask(db, { exportId: id });
    await pass();
    assert.equal((await exportRow(db, id)).status, 3);
    const line = `warn: User ${office.ada} got no message that the export is complete: ` +
      "there is no notification-bot@zulip.com";
    assert(ctx.lines.includes(line));
  });
});
