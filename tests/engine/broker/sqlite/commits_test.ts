import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { Commits } from "../../../../lib/engine/broker/sqlite/commits.ts";

/** A file whose transactions have scripted results, given as result codes of SQLite. */
class FakeFile {
  readonly log: string[] = [];
  readonly begins: number[] = [];
  readonly commits: number[] = [];
  readonly said: string[] = [];
  /** How many times room can be made. */
  reserves = 0;
  /** ms of the clock, which stands still between the tasks. */
  time = 0;
  readonly tasks = new Commits({
    file: () => this,
    explain: (error) => error,
    makesRoom: () => this.reserves-- > 0,
    onFailure: () => void this.said.push("failure"),
    onRecovery: () => void this.said.push("recovery"),
    now: () => this.time,
  });

  begin(): void {
    throwCode(this.begins.shift());
    this.log.push("begin");
  }

  commit(): void {
    throwCode(this.commits.shift());
    this.log.push("commit");
  }

  rollback(): void {
    this.log.push("rollback");
  }

  /** A task that writes its name to the log. */
  task = (name: string) => () => void this.log.push(name);
}

const [OK, BUSY, FULL] = [0, 5, 13];

function throwCode(errcode = OK): void {
  if (errcode !== OK) throw Object.assign(new Error(`code ${errcode}`), { errcode });
}

Deno.test("tasks of one turn share a transaction, in which claims come last", async () => {
  const file = new FakeFile();
  await Promise.all([
    file.tasks.claim(file.task("claim"), true),
    file.tasks.ask(file.task("one")),
    file.tasks.ask(file.task("two")),
  ]);
  assert.deepEqual(file.log, ["begin", "one", "two", "claim", "commit"]);
});

Deno.test("a task's own error does not touch other tasks", async () => {
  const file = new FakeFile();
  const results = await Promise.allSettled([
    file.tasks.ask(() => 1),
    file.tasks.ask(() => {
      throw new TypeError("mine");
    }),
    file.tasks.ask(() => 3),
  ]);
  assert.deepEqual(results.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
  assert.deepEqual(file.log, ["begin", "commit"]);
});

Deno.test("a transaction waits for a lock of another process", async () => {
  const file = new FakeFile();
  file.begins.push(BUSY, BUSY, BUSY);
  await file.tasks.ask(file.task("one"));
  assert.deepEqual(file.log, ["begin", "one", "commit"]);
  assert.deepEqual(file.said, []);
});

Deno.test("a fault rejects the tasks that somebody waits for, and owed tasks are tried again", async () => {
  const file = new FakeFile();
  file.commits.push(FULL, FULL);
  file.tasks.owe(file.task("owed"));
  await assert.rejects(file.tasks.ask(file.task("asked")), /code 13/);
  assert.equal(await file.tasks.flush(), false);
  assert.equal(await file.tasks.flush(), true);
  assert.deepEqual(file.log, [
    ...["begin", "owed", "asked", "rollback"],
    ...["begin", "owed", "rollback"],
    ...["begin", "owed", "commit"],
  ]);
  assert.deepEqual(file.said, ["failure", "recovery"]);
});

Deno.test("when room is made after a fault, all tasks are tried again at once", async () => {
  const file = new FakeFile();
  file.reserves = 1;
  file.commits.push(FULL);
  file.tasks.owe(file.task("owed"));
  await file.tasks.ask(file.task("asked"));
  assert.deepEqual(file.log, [
    ...["begin", "owed", "asked", "rollback"],
    ...["begin", "owed", "asked", "commit"],
  ]);
  assert.deepEqual(file.said, []);
});

Deno.test("after a fault owed tasks are written first and alone", async () => {
  const file = new FakeFile();
  file.commits.push(FULL, OK, FULL);
  file.tasks.owe(file.task("owed"));
  await assert.rejects(file.tasks.ask(file.task("one")), /code 13/);
  await assert.rejects(file.tasks.ask(file.task("two")), /code 13/);
  assert.deepEqual(file.log, [
    ...["begin", "owed", "one", "rollback"],
    ...["begin", "owed", "commit"],
    ...["begin", "two", "rollback"],
  ]);
});

Deno.test("after a fault owed tasks wait, even if they ask for another transaction at once", async () => {
  const file = new FakeFile();
  file.commits.push(...Array(100).fill(FULL));
  file.tasks.owe(() => file.tasks.hurry());
  file.tasks.hurry();
  for (let turn = 0; turn < 20; turn++) await setImmediate();
  assert.deepEqual(file.log, ["begin", "rollback"]);
  file.tasks.close(new Error("closed"));
});

Deno.test("a transaction takes no more tasks after 8 ms of work", async () => {
  const file = new FakeFile();
  const slow = (name: string) => () => {
    file.log.push(name);
    file.time += 5;
  };
  await Promise.all(["1", "2", "3"].map((name) => file.tasks.ask(slow(name))));
  assert.deepEqual(file.log, ["begin", "1", "2", "commit", "begin", "3", "commit"]);
});

Deno.test("closed commits reject tasks", async () => {
  const file = new FakeFile();
  const asked = file.tasks.ask(file.task("one"));
  file.tasks.close(new Error("closed"));
  await assert.rejects(asked, /closed/);
  await assert.rejects(file.tasks.ask(file.task("two")), /closed/);
  file.tasks.owe(file.task("three"));
  assert.equal(await file.tasks.flush(), true);
  assert.deepEqual(file.log, []);
});
