import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import type { StoredEvent } from "../../../lib/engine/broker/broker.ts";
import { handleOf } from "../../../lib/operations/failed/handle.ts";
import { readSavedLine, SavedFile, savedLine } from "../../../lib/operations/failed/saved_file.ts";
import { deadLetter } from "../../fixtures/dead_letters.ts";
import { inFolder } from "../../domain/database/each_database.ts";

const REMOVER = { queue: "mails", by: "ada on host a" };

Deno.test("a saved file is its owner's, and has each event once it is added", () =>
  inFolder(async (folder) => {
    const path = join(folder, "dropped", "mails.jsonl");
    await using file = new SavedFile(path);
    await assert.rejects(Deno.stat(path), Deno.errors.NotFound);
    await file.add([deadLetter({ id: "a" }), deadLetter({ id: "b" })], REMOVER);
    assert.equal(((await Deno.stat(path)).mode ?? 0) & 0o777, 0o600);
    await file.add([deadLetter({ id: "c" })], REMOVER);
    assert.equal(file.count, 3);
    const lines = (await Deno.readTextFile(path)).trimEnd().split("\n").map((line) =>
      JSON.parse(line)
    );
    assert.deepEqual(lines.map(({ properties }) => properties.messageId), ["a", "b", "c"]);
    const [{ queue, handle, by, body, headers, removed_at }] = lines;
    assert.deepEqual([queue, by, body], ["mails", "ada on host a", "{}"]);
    assert.equal(handle, handleOf(deadLetter({ id: "a" })));
    assert.equal(headers["x-pq-reason"], "error");
    assert(Date.parse(removed_at) > 0);
  }));

Deno.test("a saved file overwrites none, and says what is wrong where it cannot be written", () =>
  inFolder(async (folder) => {
    const path = join(folder, "a.jsonl");
    await Deno.writeTextFile(path, "mine");
    await using taken = new SavedFile(path);
    await assert.rejects(taken.add([deadLetter()], REMOVER), {
      name: "SavedFileError",
      message:
        `The file ${path} exists already: give --save another name, as events are not added ` +
        "to a file",
    });
    assert.equal(await Deno.readTextFile(path), "mine");
    await using below = new SavedFile(join(path, "b.jsonl"));
    await assert.rejects(below.add([deadLetter()], REMOVER), {
      message:
        /^The file \S+b\.jsonl cannot be written: .*\. The events that are not in it stay in/,
    });
  }));

Deno.test("a file that no more fits into has whole lines only, of events that were added", () =>
  inFolder(async (folder) => {
    const path = join(folder, "a.jsonl");
    const module = import.meta.resolve("../../../lib/operations/failed/saved_file.ts");
    const source = `
      const { SavedFile } = await import(${JSON.stringify(module)});
      await using file = new SavedFile(${JSON.stringify(path)});
      const event = { body: new TextEncoder().encode("x".repeat(400_000)), properties: {} };
      const add = (count) => file.add(Array(count).fill(event), { queue: "mails", by: "ada" });
      await add(2);
      await add(70).catch(({ name }) => console.log(name, file.count));
    `;
    // A file may have 20 MB, as if the disk were full then.
    const script = `trap "" XFSZ; ulimit -f 20000; exec "$0" eval "$1"`;
    const args = ["-c", script, Deno.execPath(), source];
    const { stdout } = await new Deno.Command("bash", { args, stderr: "inherit" }).output();
    assert.equal(new TextDecoder().decode(stdout).trim(), "SavedFileError 2");
    const lines = (await Deno.readTextFile(path)).split("\n");
    assert.deepEqual(lines.map((line) => line && readSavedLine(line).queue), [
      "mails",
      "mails",
      "",
    ]);
  }));

Deno.test("an event is read from its line as it was", () => {
  const events: StoredEvent[] = [
    deadLetter({ body: '{"name":"Zoë"}' }),
    { body: Buffer.from([0xff, 0]), properties: {} },
    { body: Buffer.from("\ufeff{}"), properties: { priority: 3, type: "t" } },
    deadLetter({ headers: { raw: Buffer.from([1, 2]), big: 10n, list: [{ at: new Date(5) }] } }),
  ];
  for (const event of events) {
    const read = readSavedLine(savedLine(event, REMOVER, "2026-01-02T03:04:05.678Z"));
    assert.equal(read.queue, "mails");
    assert.deepEqual(Buffer.from(read.body), Buffer.from(event.body));
    assert.deepEqual(read.properties, { headers: {}, ...event.properties });
  }
});

for (
  const [line, why] of [
    ["oops", "it is not JSON"],
    ["[]", "it is not a JSON object"],
    ['{"id":1}', "it needs queue, properties, headers, and body or body_base64"],
  ] as const
) {
  Deno.test(`the line ${line} is no saved event`, () => {
    assert.throws(() => readSavedLine(line), {
      name: "SavedFileError",
      message:
        `not an event that failed drop or purge --save has written: ${why}. To publish plain ` +
        "events, give them on the standard input",
    });
  });
}
