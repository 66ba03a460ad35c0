/**
 * The events in the documentation are valid, and those of docs/trying-workers.md find what they name
 * in the database of `process-queue seed`.
 *
 * @module
 */

import assert from "node:assert/strict";
import { loadConfig } from "../lib/config/config.ts";
import { type Database, openDatabase } from "../lib/domain/database/database.ts";
import { runSeed } from "../lib/modes/seed/seed.ts";
import type { Worker } from "../lib/worker.ts";
import { inFolder } from "./domain/database/each_database.ts";

type Values = Readonly<Record<string, unknown>>;

/** The first event of each page of a worker, and all that are published in a page of the docs. */
function examples(): [page: string, queue: string, event: Values][] {
  const pages = [...Deno.readDirSync("docs/workers")].map(({ name }) => `docs/workers/${name}`);
  const first = pages.flatMap((page): [string, string, Values][] => {
    const [, queue = ""] = /\/(\w+)\.md$/.exec(page) ?? [];
    const [, json] = /## The events?\n[^]*?```json\n([^]*?)```/.exec(textOf(page)) ?? [];
    return json === undefined ? [] : [[page, queue, JSON.parse(json)]];
  });
  return [...first, ...published("README.md"), ...published("docs/trying-workers.md")];
}

function published(page: string): [page: string, queue: string, event: Values][] {
  const commands = textOf(page).matchAll(/process-queue publish (\w+)[\s\\]*'([^']*)'/g);
  return [...commands].map(([, queue = "", json = ""]) => [page, queue, JSON.parse(json)]);
}

function textOf(page: string): string {
  return Deno.readTextFileSync(page);
}

async function workerOf(queue: string): Promise<Worker | undefined> {
  const files = [...Deno.readDirSync("workers")].map(({ name }) => name);
  if (!files.includes(`${queue}.ts`)) return undefined;
  return (await import(`../workers/${queue}.ts`)).default;
}

for (const [page, queue, event] of examples()) {
  Deno.test(`${page} has a valid event of ${queue}: ${JSON.stringify(event).slice(0, 60)}`, async () => {
    const worker = await workerOf(queue);
    if (worker === undefined) return assert.equal(queue, "greetings");
    assert.deepEqual(worker.event.safeParse(event).error?.issues, undefined);
  });
}

Deno.test("the documentation has events of most workers", () => {
  assert(examples().length >= 14);
});

Deno.test("what the events of docs/trying-workers.md name is in a seed, and not read", () =>
  inFolder(async (folder) => {
    const databaseUrl = `sqlite:${folder}/test.sqlite`;
    const { stateDir } = loadConfig({ STATE_DIR: folder });
    const services = { print: () => {}, warn: assert.fail };
    await runSeed({ envFile: undefined }, { databaseUrl, stateDir }, services);
    await using db = await openDatabase(databaseUrl);
    const events = published("docs/trying-workers.md").map(([, , event]) => event);
    const missed = events.filter((event) => "trigger" in event && "message_id" in event);
    assert.equal(missed.length, 3);
    for (const { user_profile_id, message_id } of missed) {
      assert(await isUnread(db, Number(user_profile_id), Number(message_id)), String(message_id));
    }
  }));

async function isUnread(db: Database, user: number, message: number): Promise<boolean> {
  const row = await db.selectFrom("zerver_usermessage").select("flags")
    .where("user_profile_id", "=", user).where("message_id", "=", message).executeTakeFirst();
  return row !== undefined && (Number(row.flags) & 1) === 0;
}
