import assert from "node:assert/strict";
import { readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { createHash } from "node:crypto";
import { Archive } from "../../../lib/domain/exports/archive.ts";
import { type ExportProgress, exportRealm } from "../../../lib/domain/exports/export_realm.ts";
import { Spool } from "../../../lib/domain/exports/spool.ts";
import type { MadeExport } from "../../../lib/domain/exports/states.ts";
import { openDatabase } from "../../../lib/domain/database/database.ts";
import type { Database } from "../../../lib/domain/database/tables.ts";
import { addFile, askForExport, makeOffice, writeUpload } from "../../fixtures/exports/office.ts";
import { Unpacked } from "../../fixtures/exports/unpacked.ts";
import { filesIn } from "../../fixtures/files_in.ts";
import { eachDatabaseTest, inFolder } from "../database/each_database.ts";

const NOW = Date.parse("2026-03-02T08:00:00Z");

/** Makes an export below a folder. */
async function exported(
  db: Database,
  folder: string,
  exportId: number,
  more: Partial<Parameters<typeof exportRealm>[2]> = {},
): Promise<MadeExport> {
  return await exportRealm(db, { exportId, token: "t0ken" }, {
    uploadsDir: `${folder}/uploads`,
    spoolDir: `${folder}/state/exports/${exportId}`,
    signal: new AbortController().signal,
    progress: () => {},
    now: () => NOW,
    ...more,
  });
}

function fileOf(folder: string, { path }: MadeExport): string {
  return `${folder}/uploads/${path.replace("/user_avatars/", "avatars/")}`;
}

const ALL = ["open", "system", "shared", "before", "closed", "theirs", "withAda", "withoutAda"];
const MESSAGES: readonly [name: string, type: number, messages: readonly string[]][] = [
  ["public", 1, ["open", "system"]],
  ["full, with consent", 2, ["open", "system", "shared", "closed", "withAda"]],
  ["full, without consent", 3, ALL],
];

eachDatabaseTest("exports of each type have the rows and the columns that they may", async (t) => {
  const db = await t.open();
  const office = await makeOffice(db);
  const { ada, ben, cleo, bot, messages } = office;
  await inFolder(async (folder) => {
    for (const [name, type, expected] of MESSAGES) {
      const id = await askForExport(db, office, type);
      const unpacked = await Unpacked.read(fileOf(folder, await exported(db, folder, id)));
      const ids = expected.map((each) => messages[each]);
      assert.deepEqual(unpacked.column("zerver_message", "id"), ids, name);
      const users = unpacked.rows("zerver_userprofile");
      assert.deepEqual(users.map((user) => user["id"]), [ada, ben, cleo, bot], name);
      const open = users.filter((user) => "delivery_email" in user && "enter_sends" in user);
      const allowed = { 1: [], 2: [ada, bot], 3: [ada, ben, cleo, bot] }[type];
      assert.deepEqual(open.map((user) => user["id"]), allowed, name);
      const readers = new Set(unpacked.column("zerver_usermessage", "user_profile_id"));
      assert.deepEqual([...readers].sort(), { 1: [], 2: [ada], 3: [ada, ben, cleo] }[type], name);
      assert.deepEqual(
        unpacked.column("zerver_stream", "name"),
        { 1: ["open"], 2: ["open", "shared", "closed"], 3: ["open", "shared", "closed", "theirs"] }[
          type
        ],
      );
      assert.equal(unpacked.rows("zerver_huddle").length, type - 1, name);
      const muted = unpacked.rows("zerver_subscription").filter((row) => "is_muted" in row);
      const subscribed = new Set(muted.map((row) => row["user_profile_id"]));
      assert.deepEqual([...subscribed].sort(), { 1: [], 2: [ada], 3: [ada, ben, cleo] }[type]);
      assert(!unpacked.names.some((file) => /sesame|elsewhere/.test(unpacked.text(file))), name);
      assert.equal(unpacked.rows("zerver_service").length, type === 1 ? 0 : 1, name);
      assert.deepEqual(unpacked.column("system_bots", "email"), ["notification-bot@zulip.com"]);
    }
  });
});

eachDatabaseTest(
  "an archive has its files, with checksums, and says what is missing",
  async (t) => {
    const db = await t.open();
    const office = await makeOffice(db);
    const { messages } = office;
    await inFolder(async (folder) => {
      const uploads = `${folder}/uploads`;
      const name = `${"très-long-".repeat(20)}.txt`;
      const soup = await addFile(db, office, { name, message: messages["open"] });
      const secret = await addFile(db, office, { name: "secret.txt", message: messages["theirs"] });
      const gone = await addFile(db, office, { name: "gone.txt", message: messages["open"] });
      const outside = await addFile(db, office, { name: "outside.txt", message: messages["open"] });
      const up = await addFile(db, office, {
        name: "../../../../up.txt",
        message: messages["open"],
      });
      const indirect = await addFile(db, office, {
        name: `../ab/${name}`,
        message: messages["open"],
      });
      await writeUpload(uploads, soup, "Soup");
      await writeUpload(uploads, secret, "No soup");
      await writeFile(`${folder}/up.txt`, "nobody's");
      await symlink(`${folder}/up.txt`, `${uploads}/files/${outside}`);
      const made = await exported(db, folder, await askForExport(db, office, 1));
      const unpacked = await Unpacked.read(fileOf(folder, made));
      assert.equal(unpacked.text(`files/${soup}`), "Soup");
      const missing = new Set([gone, outside, up, indirect]);
      const list = unpacked.text("files.jsonl").trim().split("\n").map((line) => JSON.parse(line));
      assert.deepEqual(
        list.map((line) => [line.path_id, line.missing ?? false]),
        [soup, gone, outside, up, indirect].map((path) => [path, missing.has(path)]),
      );
      assert.deepEqual([made.stats.files, made.stats.missing_files], [1, 4]);
      assert(!unpacked.names.includes(`files/${secret}`));
    });
  },
);

eachDatabaseTest("rows are read page by page, and said as they are", async (t) => {
  const db = await t.open();
  const office = await makeOffice(db);
  const { realm, ben } = office;
  const { recipient } = await realm.channel("long", [ben]);
  for (let at = 0; at < 30; at++) {
    await db.insertInto("zerver_message").values(
      Array.from({ length: 50 }, (_, more) => ({
        ...{ sender_id: ben, recipient_id: recipient, realm_id: realm.id, subject: "n" },
        ...{ sending_client_id: realm.client, content: `${50 * at + more} "ü"\n`, type: 1 },
        ...{ date_sent: new Date(NOW), has_attachment: false, has_image: false, has_link: true },
        is_channel_message: true,
      })),
    ).execute();
  }
  await inFolder(async (folder) => {
    const seen: ExportProgress[] = [];
    const id = await askForExport(db, office);
    const progress = (value: ExportProgress) => void seen.push(value);
    const unpacked = await Unpacked.read(
      fileOf(folder, await exported(db, folder, id, { progress })),
    );
    const rows = unpacked.rows("zerver_message").filter((row) => row["subject"] === "n");
    assert.deepEqual(
      rows.map((row) => row["content"]),
      Array.from({ length: 1500 }, (_, at) => `${at} "ü"\n`),
    );
    const { has_link, has_image, date_sent, edit_history } = rows[0] ?? {};
    assert.deepEqual([has_link, has_image, date_sent, edit_history], [
      ...[true, false, "2026-03-02T08:00:00.000Z", null],
    ]);
    const steps = seen.filter((one) => "table" in one && one.table === "zerver_message");
    assert.deepEqual(
      steps,
      [500, 1000, 1500, 1508].map((count) => ({ table: "zerver_message", rows: count })),
    );
    assert.deepEqual(seen.at(-1), { step: "files", files: 0, missing: 0 });
  });
});

Deno.test("an archive is begun again, and there is never a second one", async () => {
  await using db = await openDatabase("sqlite::memory:");
  const office = await makeOffice(db);
  await inFolder(async (folder) => {
    const id = await askForExport(db, office);
    const row = () => db.selectFrom("zerver_realmexport").selectAll().executeTakeFirstOrThrow();
    const stopping = new AbortController();
    const progress = () => stopping.abort(new Error("stopped"));
    const stopped = exported(db, folder, id, { progress, signal: stopping.signal });
    await assert.rejects(stopped, { message: "stopped" });
    assert.deepEqual([...filesIn(folder)].map(({ path }) => path), [], "nothing is left");
    assert.deepEqual([(await row()).status, (await row()).date_started], [2, new Date(NOW)]);
    await exported(db, folder, id);
    const made = await exported(db, folder, id, { now: () => NOW + 1000 });
    const file = fileOf(folder, made);
    const dir = file.slice(0, file.lastIndexOf("/"));
    assert.deepEqual(await readdir(dir), [`zulip-export-${id}.tar.gz`]);
    assert.equal(
      made.path,
      `/user_avatars/exports/${office.realm.id}/t0ken/zulip-export-${id}.tar.gz`,
    );
    const bytes = await readFile(file);
    assert.equal(made.bytes, (await stat(file)).size);
    assert.equal(made.sha256, createHash("sha256").update(bytes).digest("hex"));
    assert.deepEqual((await row()).date_started, new Date(NOW));
    await assert.rejects(exported(db, folder, 99), { name: "ExportRefused" });
    await db.updateTable("zerver_realmexport").set({ status: 5 }).execute();
    const over = { name: "ExportRefused", message: `The export ${id} has status 5, so it is over` };
    await assert.rejects(exported(db, folder, id), over);
  });
});

Deno.test("a full disk ends an export with the system's error, and leaves nothing", async () => {
  await using db = await openDatabase("sqlite::memory:");
  const office = await makeOffice(db);
  await inFolder(async (folder) => {
    const id = await askForExport(db, office);
    const dir = `${folder}/uploads/avatars/exports/${office.realm.id}/t0ken`;
    await Deno.mkdir(dir, { recursive: true });
    await symlink("/dev/full", `${dir}/zulip-export-${id}.tar.gz.this.part`);
    await assert.rejects(exported(db, folder, id, { run: "this" }), { code: "ENOSPC" });
    assert.deepEqual([...filesIn(folder)].map(({ path }) => path), []);
  });
});

Deno.test("a run that goes on after another has taken its place spoils nothing", async () => {
  await using db = await openDatabase("sqlite::memory:");
  const office = await makeOffice(db);
  await inFolder(async (folder) => {
    const id = await askForExport(db, office);
    const path = `${folder}/uploads/avatars/exports/${office.realm.id}/t0ken`;
    const [stalled, goesOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const stall = async function* () {
      stalled.resolve();
      await goesOn.promise;
      yield new Uint8Array(100_000);
    };
    await Deno.mkdir(path, { recursive: true });
    const { signal } = new AbortController();
    const old = await Archive.create(`${path}/zulip-export-${id}.tar.gz`, signal, "old");
    await using oldSpool = await Spool.open(`${folder}/state/exports/${id}`);
    await oldSpool.append("old");
    const writing = old.add("file", 100_000, stall());
    await stalled.promise;
    let wasInTheMiddle = false;
    const made = await exported(db, folder, id, {
      progress: ({ ...progress }) => {
        if (!("table" in progress) || wasInTheMiddle) return;
        wasInTheMiddle = true;
        goesOn.resolve();
      },
    });
    await writing;
    await oldSpool.append("old");
    await assert.rejects(old.finish(), { code: "ENOENT" });
    await old[Symbol.asyncDispose]();
    assert(wasInTheMiddle);
    const bytes = await readFile(fileOf(folder, made));
    assert.equal(createHash("sha256").update(bytes).digest("hex"), made.sha256);
    assert.deepEqual(await readdir(path), [`zulip-export-${id}.tar.gz`]);
  });
});

Deno.test("without the folder of the files there is no archive that lacks them", async () => {
  await using db = await openDatabase("sqlite::memory:");
  const office = await makeOffice(db);
  await inFolder(async (folder) => {
    const id = await askForExport(db, office, 3);
    await rm(`${folder}/uploads/files`, { recursive: true, force: true });
    await addFile(db, office, { name: "soup.txt", message: office.messages["open"] });
    await assert.rejects(exported(db, folder, id), {
      message:
        `There are uploaded files, and their folder ${folder}/uploads/files cannot be read ` +
        "(ENOENT): is the disk of LOCAL_UPLOADS_DIR mounted?",
    });
    assert.deepEqual([...filesIn(folder)].map(({ path }) => path), []);
  });
});
