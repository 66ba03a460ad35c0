import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { fingerprint } from "../../../../lib/engine/consumer/suspects/event_key.ts";
import { Journal } from "../../../../lib/engine/consumer/suspects/journal.ts";
import { fullDisk } from "../../../fixtures/full_disk.ts";

const QUEUE = "user_activity";
const HOLD = fileURLToPath(new URL("../../../fixtures/journal/hold.ts", import.meta.url));

/** A folder for `STATE_DIR` that is removed at the end. */
function stateDir(): { readonly path: string } & Disposable {
  const path = Deno.makeTempDirSync({ prefix: "pq-journal-" });
  return { path, [Symbol.dispose]: () => Deno.removeSync(path, { recursive: true }) };
}

const journals = (dir: string) =>
  [...Deno.readDirSync(join(dir, "journal"))].map(({ name }) => name);

/** What a process before this one says, and its end without a word. */
function dies(dir: string, running: string[], alone: boolean, queue = QUEUE): void {
  const journal = Journal.open(dir, queue);
  journal.running(running, alone);
  journal.leave();
}

/** A living process that runs what it was told; resolves when it has said so. */
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

/** How many of `count` redelivered events are suspects. */
const countUnknown = (journal: Journal, events: number): number =>
  Array.from({ length: events }, (_, i) => journal.isUnknownSuspect(`e${i}`)).filter(Boolean)
    .length;

Deno.test("Journal suspects as many as a dead process may have run without naming them", () => {
  using dir = stateDir();
  const dying = Journal.open(dir.path, QUEUE);
  dying.runningUnnamed(3);
  dying.leave();
  const next = Journal.open(dir.path, QUEUE);
  assert(next.afterUncleanEnd && next.hasSuspects);
  assert.equal(countUnknown(next, 2), 2);
  assert.deepEqual(["e0", "e1", "e2"].map((key) => next.suspicion(key)), [0, 0, undefined]);
  next.running(["e0"], true);
  next.leave();
  using last = Journal.open(dir.path, QUEUE);
  assert.deepEqual(["e0", "e1", "e2"].map((key) => last.suspicion(key)), [1, 0, undefined]);
  assert.equal(countUnknown(last, 9), 1);
});

Deno.test("Journal adds up what several dead processes may have run without naming it", () => {
  using dir = stateDir();
  const dying = [Journal.open(dir.path, QUEUE), Journal.open(dir.path, QUEUE)];
  for (const journal of dying) journal.runningUnnamed(2);
  for (const journal of dying) journal.leave();
  using journal = Journal.open(dir.path, QUEUE);
  assert.equal(countUnknown(journal, 9), 4);
});

Deno.test("Journal suspects nobody for what ended, or was named, before its process died", () => {
  using dir = stateDir();
  const dying = [Journal.open(dir.path, QUEUE), Journal.open(dir.path, QUEUE)];
  for (const journal of dying) journal.runningUnnamed(2);
  dying[0]?.idle();
  dying[0]?.sweep();
  dying[1]?.running(["a"], false);
  for (const journal of dying) journal.leave();
  using journal = Journal.open(dir.path, QUEUE);
  assert.equal(countUnknown(journal, 9), 0);
  assert.equal(journal.suspicion("a"), 0);
});

Deno.test("Journal that is ended leaves what it suspects by name, and no others", () => {
  using dir = stateDir();
  const dying = Journal.open(dir.path, QUEUE);
  dying.runningUnnamed(3);
  dying.leave();
  {
    using journal = Journal.open(dir.path, QUEUE);
    assert.equal(countUnknown(journal, 1), 1);
  }
  {
    using journal = Journal.open(dir.path, QUEUE);
    assert.equal(journal.suspicion("e0"), 0);
    assert.equal(countUnknown(journal, 9), 0);
    journal.clear("e0");
  }
  assert.deepEqual(journals(dir.path), []);
});

Deno.test("Journal writes once what goes on without names", () => {
  using dir = stateDir();
  using journal = Journal.open(dir.path, QUEUE);
  const bytes = () =>
    journals(dir.path).map((name) => Deno.statSync(join(dir.path, "journal", name)).size);
  journal.runningUnnamed(3);
  const before = bytes();
  for (let i = 0; i < 10; i++) {
    journal.idle();
    journal.runningUnnamed(3);
    journal.sweep();
  }
  assert.deepEqual(bytes(), before);
});

Deno.test("Journal notes what goes on without names again where it could not", () => {
  using dir = stateDir();
  const dying = Journal.open(dir.path, QUEUE);
  {
    using _full = fullDisk();
    assert.throws(() => dying.runningUnnamed(3), /No space left/);
  }
  dying.runningUnnamed(3);
  dying.leave();
  using journal = Journal.open(dir.path, QUEUE);
  assert.equal(countUnknown(journal, 9), 3);
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

Deno.test("Journal waits five minutes for what comes again", () => {
  using dir = stateDir();
  const dying = Journal.open(dir.path, QUEUE);
  dying.runningUnnamed(9);
  dying.leave();
  let now = 0;
  using journal = Journal.open(dir.path, QUEUE, () => {}, () => now);
  now = 1_000_000;
  journal.sweep();
  journal.begin();
  now += 299_000;
  journal.sweep();
  assert.equal(countUnknown(journal, 1), 1);
  now += 2000;
  journal.sweep();
  assert.equal(countUnknown(journal, 9), 0);
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
  dies(dir.path, ["a", "b"], false);
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
  for (let i = 0; i < 5; i++) dies(dir.path, [`e${i}`], false);
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
  for (const name of journals(dir.path)) {
    assert(Deno.statSync(join(dir.path, "journal", name)).size <= 256 * 1024);
  }
  using journal = Journal.open(dir.path, QUEUE);
  assert.deepEqual(
    [19_998, 19_999, 20_000].map((i) => journal.suspicion(`event-${i}`)),
    [undefined, 0, 0],
  );
});

Deno.test("Journal keeps queues apart", () => {
  using dir = stateDir();
  dies(dir.path, ["a"], true, "user");
  dies(dir.path, ["b"], true, "user@activity");
  dies(dir.path, ["c"], true, "../user/activity");
  using journal = Journal.open(dir.path, "user");
  assert.deepEqual(["a", "b", "c"].map((key) => journal.suspicion(key)), [1, undefined, undefined]);
  using odd = Journal.open(dir.path, "../user/activity");
  assert.equal(odd.suspicion("c"), 1);
});

Deno.test("Journal takes the worse of what two dead processes said", () => {
  using dir = stateDir();
  dies(dir.path, ["a"], true);
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
  dies(dir.path, ["a"], true);
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
    dies(dir.path, [key], true);
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
    dies(dir.path, ["a"], false);
    const path = join(dir.path, "journal", journals(dir.path)[0] ?? "");
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
  const { mode } = Deno.statSync(join(dir.path, "journal", journals(dir.path)[0] ?? ""));
  assert.equal((mode ?? 0) & 0o777, 0o600);
});

Deno.test("fingerprint tells bodies apart by their text and their length", () => {
  const bodies = ['{"id":1}', '{"id":2}', '{"id":1} ', "", "a".repeat(5000), "a".repeat(5001)];
  assert.equal(new Set(bodies.map(fingerprint)).size, bodies.length);
  assert.equal(fingerprint('{"id":1}'), fingerprint('{"id":1}'));
  assert(bodies.every((body) => fingerprint(body).length < 30));
});
