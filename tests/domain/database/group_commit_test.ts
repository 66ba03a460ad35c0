import assert from "node:assert/strict";
import { DatabaseError } from "../../../lib/domain/database/database_error.ts";
import { GroupCommit, type GroupCommitOptions } from "../../../lib/domain/database/group_commit.ts";
import { until } from "../../fixtures/until.ts";

/** A database whose transactions end as a test says, and the items of each that was committed. */
class Commits {
  readonly groups: string[][] = [];
  /** What the next transactions throw. */
  readonly errors: Error[] = [];
  /** What a transaction with an item throws. */
  readonly refused = new Map<string, Error>();
  /** Why writes that nobody waits for were given up. */
  readonly reported: unknown[] = [];
  readonly commit: GroupCommit<string, string>;
  /** How many transactions were tried. */
  tried = 0;

  constructor(options?: GroupCommitOptions) {
    const together = (items: readonly string[]) => this.#execute([...items]);
    this.commit = new GroupCommit(together, (error) => this.reported.push(error), options);
  }

  async #execute(items: string[]): Promise<string[]> {
    this.tried++;
    await Promise.resolve();
    const error = this.errors.shift() ??
      items.map((item) => this.refused.get(item)).find((refusal) => refusal !== undefined);
    if (error) throw error;
    this.groups.push(items);
    return items.map((item) => item.toUpperCase());
  }
}

const LOST = new DatabaseError("unreachable", "the database is away");

Deno.test("writes that come while a transaction is open share the next one", async () => {
  const { commit, groups } = new Commits();
  const results = await Promise.all(["a", "b", "c", "d"].map((item) => commit.run(item)));
  assert.deepEqual(results, ["A", "B", "C", "D"]);
  assert.deepEqual(groups, [["a"], ["b", "c", "d"]]);
  assert.equal(await commit.run("e"), "E");
  assert.deepEqual(groups.at(-1), ["e"]);
});

Deno.test("several transactions may be open at once, and what comes then shares the next ones", async () => {
  const { commit, groups } = new Commits({ atOnce: 2 });
  await Promise.all(["a", "b", "c", "d"].map((item) => commit.run(item)));
  assert.deepEqual(groups, [["a"], ["b"], ["c", "d"]]);
  const last = ["e", "f", "g"].map((item) => commit.run(item));
  await commit.close();
  await Promise.all(last);
  assert.deepEqual(groups.slice(3), [["e"], ["f"], ["g"]]);
});

Deno.test("a transaction has at most 100 writes", async () => {
  const { commit, groups } = new Commits();
  await Promise.all(Array.from({ length: 250 }, (_, at) => commit.run(`${at}`)));
  assert.deepEqual(groups.map(({ length }) => length), [1, 100, 100, 49]);
});

Deno.test("a write that the database refuses fails alone", async () => {
  const commits = new Commits();
  commits.refused.set("c", new Error("no c"));
  const all = ["a", "b", "c", "d"].map((item) => commits.commit.run(item));
  const ends = await Promise.allSettled(all);
  assert.deepEqual(ends.map(({ status }) => status), [
    ...["fulfilled", "fulfilled", "rejected", "fulfilled"],
  ]);
  await assert.rejects(all[2] ?? Promise.resolve(), { message: "no c" });
  assert.deepEqual(commits.groups, [["a"], ["b"], ["d"]]);
});

Deno.test("a lost database fails all writes of its transaction, and those after it go on", async () => {
  const commits = new Commits();
  commits.errors.push(LOST);
  const [one, ...others] = ["a", "b", "c"].map((item) => commits.commit.run(item));
  await assert.rejects(one ?? Promise.resolve(), LOST);
  assert.deepEqual(await Promise.all(others), ["B", "C"]);
  commits.errors.push(LOST);
  await assert.rejects(commits.commit.run("d"), LOST);
});

Deno.test("a write for later is committed with the next one", async () => {
  const { commit, groups } = new Commits();
  commit.later("a");
  await commit.run("b");
  assert.deepEqual(groups, [["a", "b"]]);
  await commit.close();
});

Deno.test("a write for later is committed alone where nothing comes", async () => {
  const { commit, groups } = new Commits();
  commit.later("a");
  await until("it was committed", () => groups.length === 1);
  commit.later("b");
  await until("the next was committed", () => groups.length === 2);
  assert.deepEqual(groups, [["a"], ["b"]]);
});

Deno.test("a write for later is tried again while the database is lost, in its order", async () => {
  const commits = new Commits();
  commits.commit.later("a");
  commits.errors.push(LOST);
  await assert.rejects(commits.commit.run("b"), LOST);
  commits.commit.later("c");
  await until("they were committed", () => commits.groups.length === 1);
  assert.deepEqual(commits.groups, [["a", "c"]]);
});

Deno.test("a write for later that the database refuses is reported, and those beside it are committed", async () => {
  const commits = new Commits();
  const error = new Error("no a");
  commits.refused.set("a", error);
  commits.commit.later("a");
  assert.equal(await commits.commit.run("b"), "B");
  assert.deepEqual([commits.reported, commits.groups], [[error], [["b"]]]);
  await commits.commit.close();
});

Deno.test("close commits what is for later, and says when it cannot", async () => {
  const commits = new Commits();
  commits.commit.later("a");
  await commits.commit.close();
  assert.deepEqual(commits.groups, [["a"]]);
  commits.commit.later("b");
  commits.errors.push(LOST);
  await assert.rejects(commits.commit.close(), LOST);
  await commits.commit.close();
  assert.equal(commits.tried, 2);
});

Deno.test("close waits for the transaction that is open", async () => {
  const commits = new Commits();
  const written = commits.commit.run("a");
  commits.commit.later("b");
  await commits.commit.close();
  assert.deepEqual(commits.groups, [["a"], ["b"]]);
  await written;
});

Deno.test("a conflict that lasts fails only the write that has it", async () => {
  const commits = new Commits();
  const conflict = new DatabaseError("conflict", "two want the same row");
  commits.refused.set("c", conflict);
  const all = ["a", "b", "c", "d"].map((item) => commits.commit.run(item));
  const ends = await Promise.allSettled(all);
  assert.deepEqual(ends.map((end) => end.status === "fulfilled" ? end.value : end.reason), [
    ...["A", "B", conflict, "D"],
  ]);
});

Deno.test("the end loses no write that comes while it waits", async () => {
  for (let ticks = 0; ticks < 10; ticks++) {
    const { commit } = new Commits();
    const late = commit.run("a").then(async () => {
      for (let tick = 0; tick < ticks; tick++) await Promise.resolve();
      return await Promise.all([commit.run("b"), commit.run("c")]);
    });
    await commit.close();
    assert.deepEqual(await late, ["B", "C"]);
  }
});
