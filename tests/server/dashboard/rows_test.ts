/**
 * The rows of the dashboard's screen Queues.
 *
 * @module
 */

import assert from "node:assert/strict";
import {
  changesBetween,
  countStates,
  filterRows,
  foldQuiet,
  foldShards,
  keepOrder,
  sortRows,
  whyOf,
} from "../../../lib/server/dashboard/model/rows.js";
import { hugeView, nightView, queueRow } from "../../../scripts/dashboard/night.ts";

const rows = foldShards(nightView().queues);
const names = (all: readonly { queue: string }[]) => all.map(({ queue }) => queue);

Deno.test("shards are one row with their sum, the worst state and the oldest event", () => {
  const [row, ...others] = foldShards([
    queueRow("a_shard1", { parent: "a", ready: 3, rate: 1.5, oldest_seconds: 2, consumers: 1 }),
    queueRow("a_shard2", {
      parent: "a",
      ready: 4,
      rate: null,
      oldest_seconds: 9,
      consumers: 0,
      state: "stuck",
      status: 2,
      reason: "nothing finished",
    }),
  ]);
  assert.deepEqual(others, []);
  assert.ok(row);
  const { queue, ready, rate, oldest_seconds, consumers, state, status, reason, shards } = row;
  assert.deepEqual(
    { queue, ready, rate, oldest_seconds, consumers, state, status, reason, shards: shards.length },
    {
      queue: "a",
      ready: 7,
      rate: 1.5,
      oldest_seconds: 9,
      consumers: 1,
      state: "stuck",
      status: 2,
      reason: "a_shard2: nothing finished",
      shards: 2,
    },
  );
});

Deno.test("a sum of which nothing is known is not known", () => {
  const [row] = foldShards(
    ["a1", "a2"].map((name) => queueRow(name, { parent: "a", ready: null })),
  );
  assert.equal(row?.ready, null);
});

Deno.test("a queue without shards is a row of its own", () => {
  const [row] = foldShards([queueRow("a", { ready: 3 })]);
  assert.deepEqual([row?.queue, row?.ready, row?.shards], ["a", 3, []]);
});

Deno.test("rows are sorted worst first, or by a column with the largest first", () => {
  const cases: [string, string[]][] = [
    ["state", ["thumbnail", "deferred_work", "soft_reactivation"]],
    ["ready", ["digest_emails", "email_senders", "missedmessage_mobile_notifications"]],
    ["failed", ["email_senders", "embed_links", "outgoing_webhooks"]],
    ["rate", ["user_activity", "user_activity_interval", "deferred_email_senders"]],
    ["queue", ["deferred_email_senders", "deferred_work", "digest_emails"]],
    ["consumers", ["digest_emails", "soft_reactivation", "thumbnail"]],
    ["no such column", ["thumbnail", "deferred_work", "soft_reactivation"]],
  ];
  for (const [sort, first] of cases) {
    assert.deepEqual(names(sortRows(rows, sort)).slice(0, 3), first, sort);
  }
});

Deno.test("what is not known comes after what is, and equal rows are sorted by name", () => {
  const all = foldShards([
    queueRow("c", { ready: null }),
    queueRow("b", { ready: 0 }),
    queueRow("a", { ready: 0 }),
  ]);
  assert.deepEqual(names(sortRows(all, "ready")), ["a", "b", "c"]);
});

Deno.test("a filter means a part of a name, of a shard's name too, and a state", () => {
  const cases: [{ text?: string; state?: string }, string[]][] = [
    [{ text: "EMAIL_S" }, ["deferred_email_senders", "email_senders"]],
    [{ text: "shard3" }, ["missedmessage_mobile_notifications"]],
    [{ state: "paused" }, ["digest_emails"]],
    [{ text: "email", state: "old failures" }, ["email_mirror"]],
    [{ text: "nothing has this name" }, []],
    [{ text: "  " }, names(rows).sort()],
  ];
  for (const [filter, found] of cases) {
    assert.deepEqual(names(filterRows(rows, filter)).sort(), found);
  }
});

Deno.test("the counts of states are in order, worst first, and leave out what is not there", () => {
  assert.deepEqual(countStates(rows).map(({ state, count }) => `${state} ${count}`), [
    "parked 1",
    "stuck 1",
    "no consumer 1",
    "too few 1",
    "behind 1",
    "failing 1",
    "paused 1",
    "old failures 2",
    "ok 5",
  ]);
});

Deno.test("the order that a reader sees is kept, and what would move is counted", () => {
  const cases: [string[] | null, string[], string[], number][] = [
    [null, ["a", "b"], ["a", "b"], 0],
    [["a", "b", "c"], ["a", "b", "c"], ["a", "b", "c"], 0],
    [["a", "b", "c"], ["c", "a", "b"], ["a", "b", "c"], 1],
    [["a", "b", "c"], ["c", "b", "a"], ["a", "b", "c"], 2],
    [["a", "b"], ["new", "a", "b"], ["a", "b"], 1],
    [["a", "gone", "b"], ["a", "b"], ["a", "gone", "b"], 1],
    [["a", "gone", "b"], ["new", "b", "a"], ["a", "gone", "b"], 3],
    [[], ["a"], [], 1],
  ];
  for (const [shown, sorted, order, waiting] of cases) {
    assert.deepEqual(keepOrder(shown, sorted), { order, waiting }, `${shown} / ${sorted}`);
  }
});

Deno.test("of many rows those that are ok and idle are folded; of few none is", () => {
  const many = foldShards(hugeView().queues);
  const { shown, folded } = foldQuiet(many);
  assert.equal(shown.length + folded.length, many.length);
  assert.ok(folded.length > 100);
  assert.ok(folded.every(({ state, ready, rate }) => state === "ok" && ready === 0 && rate === 0));
  assert.deepEqual(foldQuiet(rows).folded, []);
});

Deno.test("the number that made the verdict is one column", () => {
  const cases = {
    stuck: "oldest",
    parked: "consumers",
    "too few": "consumers",
    behind: "ready",
    failing: "failed",
    ok: undefined,
    unknown: undefined,
  };
  for (const [state, column] of Object.entries(cases)) {
    assert.equal(whyOf({ state }), column, state);
  }
});

Deno.test("changes of states are one sentence; new queues are none", () => {
  const state = (queue: string, state: string) => ({ queue, state });
  assert.equal(
    changesBetween([state("a", "ok")], [state("a", "behind"), state("b", "stuck")]),
    "a is behind",
  );
  assert.equal(changesBetween([state("a", "ok")], [state("a", "ok")]), "");
  const five = ["a", "b", "c", "d", "e"];
  assert.equal(
    changesBetween(
      five.map((queue) => state(queue, "ok")),
      five.map((queue) => state(queue, "stuck")),
    ),
    "a is stuck, b is stuck, c is stuck and 2 other changes",
  );
});
