/** What a process writes to its journal, and what the next one finds there. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Journal } from "../../../../lib/engine/consumer/suspects/journal.ts";
import { QUEUE } from "../../../fixtures/consumer.ts";
import { fullDisk } from "../../../fixtures/full_disk.ts";
import { journals, stateDir, wasKilled } from "../../../fixtures/journal.ts";

const HOLD = fileURLToPath(new URL("../../../fixtures/journal/hold.ts", import.meta.url));

/** A living process that runs the given events; resolves when it has printed that. */
async function living(dir: string, runs?: { running: string[]; alone: boolean }) {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", HOLD, dir, QUEUE, JSON.stringify(runs ?? {})],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  const line = new TextDecoder().decode(value);
  return {
    inherited: JSON.parse(line) as { unclean: boolean; suspicions: (number | null)[] },
    async kill() {
      child.kill("SIGKILL");
      await child.status;
      await reader.cancel();
      await child.stdin.close().catch(() => {});
    },
  };
}

Deno.test("Journal finds what a process ran that was killed", async () => {
  using dir = stateDir();
  const process = await living(dir.path, { running: ["a", "b"], alone: false });
  await process.kill();
  using journal = Journal.open(dir.path, QUEUE);
  assert(journal.afterUncleanEnd);
  assert(journal.hasSuspects);
  assert.equal(journal.suspicion("a"), 0);
  assert.equal(journal.suspicion("b"), 0);
  assert.equal(journal.suspicion("c"), undefined);
});

Deno.test("Journal counts a killed process against an event that ran alone", async () => {
  using dir = stateDir();
  const process = await living(dir.path, { running: ["a"], alone: true });
  await process.kill();
  using journal = Journal.open(dir.path, QUEUE);
  assert.equal(journal.suspicion("a"), 1);
});

Deno.test("Journal does not see what processes run that are alive", async () => {
  using dir = stateDir();
  const one = await living(dir.path, { running: ["a"], alone: true });
  const other = await living(dir.path, { running: ["b"], alone: true });
  try {
    assert.deepEqual(other.inherited, { unclean: false, suspicions: [null, null, null] });
    using journal = Journal.open(dir.path, QUEUE);
    assert(!journal.afterUncleanEnd && !journal.hasSuspects);
  } finally {
    await one.kill();
    await other.kill();
  }
  using journal = Journal.open(dir.path, QUEUE);
  assert.equal(journal.suspicion("a"), 1);
  assert.equal(journal.suspicion("b"), 1);
});

Deno.test("Journal passes its suspects on through processes that are killed one after another", async () => {
  using dir = stateDir();
  const first = await living(dir.path, { running: ["a", "b"], alone: false });
  await first.kill();
  const second = await living(dir.path, { running: ["a"], alone: true });
  assert.deepEqual(second.inherited, { unclean: true, suspicions: [0, 0, null] });
  await second.kill();
  const third = await living(dir.path);
  assert.deepEqual(third.inherited, { unclean: true, suspicions: [1, 0, null] });
  await third.kill();
  const fourth = await living(dir.path, { running: ["c"], alone: false });
  assert.deepEqual(fourth.inherited, { unclean: false, suspicions: [1, 0, null] });
  await fourth.kill();
  using journal = Journal.open(dir.path, QUEUE);
  assert.deepEqual(["a", "b", "c"].map((key) => journal.suspicion(key)), [1, 0, 0]);
});

Deno.test("Journal can be read after a line that a full disk has cut", () => {
  using dir = stateDir();
  const dying = Journal.open(dir.path, QUEUE);
  {
    using _full = fullDisk({ room: 10 });
    assert.throws(() => dying.running(["a"], false), /No space left/);
  }
  dying.running(["b"], false);
  dying.leave();
  using journal = Journal.open(dir.path, QUEUE);
  assert.deepEqual([journal.suspicion("a"), journal.suspicion("b")], [undefined, 0]);
});

Deno.test("Journal leaves nothing behind after a clean end", () => {
  using dir = stateDir();
  {
    using journal = Journal.open(dir.path, QUEUE);
    journal.running(["a"], false);
    journal.idle();
  }
  assert.deepEqual(journals(dir.path), []);
  using journal = Journal.open(dir.path, QUEUE);
  assert(!journal.afterUncleanEnd && !journal.hasSuspects);
});

Deno.test("Journal leaves what is still suspected behind after a clean end", () => {
  using dir = stateDir();
  wasKilled(dir.path, ["a", "b"], false);
  {
    using journal = Journal.open(dir.path, QUEUE);
    journal.clear("a");
  }
  using journal = Journal.open(dir.path, QUEUE);
  assert(!journal.afterUncleanEnd);
  assert.deepEqual([journal.suspicion("a"), journal.suspicion("b")], [undefined, 0]);
});

Deno.test("Journal keeps one file for each process that is alive", () => {
  using dir = stateDir();
  for (let i = 0; i < 5; i++) wasKilled(dir.path, [`e${i}`], false);
  using journal = Journal.open(dir.path, QUEUE);
  assert.equal(journals(dir.path).length, 1);
  for (let i = 0; i < 5; i++) assert.equal(journal.suspicion(`e${i}`), 0);
});

Deno.test("Journal does not suspect what ended before the process did", () => {
  using dir = stateDir();
  const dying = Journal.open(dir.path, QUEUE);
  dying.running(["a", "b"], false);
  dying.running(["c"], false);
  dying.idle();
  dying.sweep();
  dying.leave();
  using journal = Journal.open(dir.path, QUEUE);
  assert(!journal.afterUncleanEnd && !journal.hasSuspects);
});

Deno.test("Journal suspects only what was said last, however long its file has grown", () => {
  using dir = stateDir();
  const dying = Journal.open(dir.path, QUEUE);
  for (let i = 0; i < 20_000; i++) dying.running([`event-${i}`, `event-${i + 1}`], false);
  dying.leave();
  for (const path of journals(dir.path)) assert(Deno.statSync(path).size <= 256 * 1024);
  using journal = Journal.open(dir.path, QUEUE);
  assert.deepEqual(
    [19_998, 19_999, 20_000].map((i) => journal.suspicion(`event-${i}`)),
    [undefined, 0, 0],
  );
});

Deno.test("Journal keeps queues apart", () => {
  using dir = stateDir();
  wasKilled(dir.path, ["a"], true, "user");
  wasKilled(dir.path, ["b"], true, "user@activity");
  wasKilled(dir.path, ["c"], true, "../user/activity");
  using journal = Journal.open(dir.path, "user");
  assert.deepEqual(["a", "b", "c"].map((key) => journal.suspicion(key)), [1, undefined, undefined]);
  using odd = Journal.open(dir.path, "../user/activity");
  assert.equal(odd.suspicion("c"), 1);
});

Deno.test("Journal takes the worse of what two dead processes said", () => {
  using dir = stateDir();
  wasKilled(dir.path, ["a"], true);
  const one = Journal.open(dir.path, QUEUE);
  const other = Journal.open(dir.path, QUEUE);
  other.running(["a"], false);
  one.leave();
  other.leave();
  using journal = Journal.open(dir.path, QUEUE);
  assert.equal(journal.suspicion("a"), 1);
});

Deno.test("Journal knows an event again that was not dealt with after all", () => {
  using dir = stateDir();
  wasKilled(dir.path, ["a"], true);
  const dying = Journal.open(dir.path, QUEUE);
  dying.clear("a");
  dying.running([], false);
  dying.suspect("a", 1);
  dying.leave();
  using journal = Journal.open(dir.path, QUEUE);
  assert.equal(journal.suspicion("a"), 1);
});

for (const key of ["__proto__", "constructor", 'a"b\n{}', "é😀", "x".repeat(255)]) {
  Deno.test(`Journal keeps the key ${JSON.stringify(key).slice(0, 20)} as it is`, () => {
    using dir = stateDir();
    wasKilled(dir.path, [key], true);
    using journal = Journal.open(dir.path, QUEUE);
    assert.equal(journal.suspicion(key), 1);
    journal.running(["other"], false);
    assert.equal(journal.suspicion(key), 1);
  });
}

Deno.test("Journal can be ended twice, and says nothing afterwards", () => {
  using dir = stateDir();
  const journal = Journal.open(dir.path, QUEUE);
  journal[Symbol.dispose]();
  journal.running(["a"], false);
  journal.idle();
  journal.sweep();
  journal.leave();
  journal[Symbol.dispose]();
  assert.deepEqual(journals(dir.path), []);
});

const TORN: readonly [
  title: string,
  change: (text: string) => string,
  suspicion: number | undefined,
][] = [
  ["whose last line was cut short", (text) => text + '{"running":["b","', 0],
  ["whose last line was cut to nothing", (text) => text + "\n\n", 0],
  ["of which nothing is whole", (text) => text.slice(0, 4), undefined],
  ["that is empty", () => "", undefined],
  ["of noise", () => "\0\xff\ufffd{}\n5\nnull\n[]\n", undefined],
  ["of JSON that is no record", () => '{"running":5,"alone":"x","suspects":[]}\n', undefined],
];

for (const [title, change, suspicion] of TORN) {
  Deno.test(`Journal opens after a file ${title}, and is careful`, () => {
    using dir = stateDir();
    wasKilled(dir.path, ["a"], false);
    const path = journals(dir.path)[0] ?? "";
    const lines = Deno.readTextFileSync(path).trimEnd().split("\n");
    Deno.writeTextFileSync(path, change(`${lines.at(-1)}\n`));
    using journal = Journal.open(dir.path, QUEUE);
    assert(journal.afterUncleanEnd);
    assert.equal(journal.suspicion("a"), suspicion);
    assert.equal(journals(dir.path).length, 1);
  });
}

Deno.test("Journal says what to do when its folder cannot be made", () => {
  using dir = stateDir();
  const file = join(dir.path, "file");
  Deno.writeTextFileSync(file, "");
  assert.throws(() => Journal.open(file, QUEUE), (error: Error) => {
    const folder = join(file, "journal");
    assert.match(
      error.message,
      new RegExp(`^The journal of user_activity cannot be kept in ${folder}: .+`),
    );
    assert.match(error.message, /\. Set STATE_DIR to a folder that this user may write$/);
    assert(error.cause instanceof Error);
    return true;
  });
});

Deno.test("Journal lets nobody else read what runs", () => {
  using dir = stateDir();
  using _journal = Journal.open(dir.path, QUEUE);
  const { mode } = Deno.statSync(journals(dir.path)[0] ?? "");
  assert.equal((mode ?? 0) & 0o777, 0o600);
});
