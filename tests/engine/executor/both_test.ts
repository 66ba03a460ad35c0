/**
 * One event: what its handler gets and can do, and its outcome. The same for every executor.
 *
 * @module
 */

import assert from "node:assert/strict";
import { BrokerError } from "../../../lib/engine/broker/broker.ts";
import { event, events, waiting } from "../../fixtures/executor/bench.ts";
import { bothTest } from "../../fixtures/executor/both.ts";

const THROWN: readonly (readonly [thrown: string, outcome: string])[] = [
  ["an error", "error (error) 1"],
  ["Fail", "failed (fail) 1"],
  ["Discard", "discarded"],
  ["RetryLater", "retry-later 1"],
  ["RetryLater of nonsense", "retry-later 1"],
  ["undefined", "error (error) 1"],
  ["a text", "error (error) 1"],
  ["a symbol", "error (error) 1"],
  ["a function", "error (error) 1"],
  ["an object that is no error", "error (error) 1"],
  ["a proxy that answers nothing", "error (error) 1"],
  ["a revoked proxy", "error (error) 1"],
  ["a thenable that throws", "error (error) 1"],
];

bothTest("whatever a handler throws, its event has its outcome", {}, async (bench) => {
  const ids = THROWN.map(([thrown]) => thrown);
  bench.executor.run(events(...ids.flatMap((id) => [
    { id, throws: id },
    { id: `${id} late`, throws: id, isLate: true },
  ])));
  await bench.recorder.outcomes(2 * ids.length);
  for (const [thrown, outcome] of THROWN) {
    assert.equal(bench.recorder.outcomeOf(thrown), outcome, thrown);
    assert.equal(bench.recorder.outcomeOf(`${thrown} late`), outcome, thrown);
  }
});

bothTest("an error keeps its name, message, code and stack, without secrets", {}, async (bench) => {
  const { executor, recorder } = bench;
  executor.run(events({ id: "a", throws: "an error with a code" }));
  await recorder.outcomes(1);
  const outcome = recorder.told[0]?.outcome;
  const error = outcome?.kind === "error" ? outcome.error : undefined;
  assert.equal(error?.name, "ServerError");
  assert.equal(error.message, "The server said no, password=***");
  assert.equal(error.code, "ESERVER");
  assert.match(error.stack ?? "", /thrown\.ts/);
});

bothTest("RetryLater says when, and whether it counts", {}, async ({ executor, recorder }) => {
  executor.run(events({ id: "a", throws: "RetryLater" }));
  await recorder.outcomes(1);
  const outcome = recorder.told[0]?.outcome;
  assert(outcome?.kind === "retry-later");
  assert.deepEqual([outcome.after, outcome.counts, outcome.error.message], [90, false, "away"]);
});

bothTest("what a handler reported goes with its failure", {}, async ({ executor, recorder }) => {
  executor.run(events({
    id: "a",
    report: [[{ realm: "x" }, "looked"], [{ user: "7" }]],
    throws: "an error",
  }));
  await recorder.outcomes(1);
  const outcome = recorder.told[0]?.outcome;
  const error = outcome?.kind === "error" ? outcome.error : undefined;
  assert.deepEqual(error?.tags, { realm: "x", user: "7" });
  assert.deepEqual(error.breadcrumbs, ["looked"]);
});

bothTest("what does not fit fails, and its neighbours run", { maxEventDepth: 5 }, async (bench) => {
  const { executor, recorder } = bench;
  executor.run([
    ...events("a"),
    event({ id: "not JSON" }, { body: "{" }),
    event({ id: "wrong shape" }, { body: '{"id": 7}' }),
    event({ id: "deep" }, { body: `{"id": "deep", "x": ${"[".repeat(9)}${"]".repeat(9)}}` }),
    ...events("b"),
  ]);
  await recorder.outcomes(5);
  assert.deepEqual(recorder.ids("done"), ["a", "b"]);
  for (const id of ["not JSON", "wrong shape", "deep"]) {
    assert.equal(recorder.outcomeOf(id), "failed (invalid) 1");
  }
});

bothTest("a handler gets its event, attempt and queue", {}, async ({ executor, handlers }) => {
  executor.run([event({ id: "a", tell: "context" }, { attempt: 2, publishedAt: 5, retriedAt: 6 })]);
  assert.deepEqual(await handlers.tell("a"), [
    { id: "a" },
    { id: "a", attempt: 2, publishedAt: 5, retriedAt: 6 },
    "steered",
    0,
    false,
  ]);
});

bothTest("Zulip's failed_tries count as attempts", {}, async ({ executor, recorder }) => {
  const body = JSON.stringify({ id: "a", throws: "an error", failed_tries: 2 });
  executor.run([event({ id: "a" }, { body })]);
  await recorder.outcomes(1);
  assert.equal(recorder.outcomeOf("a"), "error (error) 3");
});

bothTest(
  "an event whose key cannot be computed is retried",
  { worker: "ordered" },
  async (bench) => {
    bench.executor.run(events({ id: "a", key: "none" }, { id: "b", key: "b" }));
    await bench.recorder.outcomes(2);
    assert.equal(bench.recorder.outcomeOf("a"), "error (error) 1");
    assert.equal(bench.recorder.outcomeOf("b"), "done");
  },
);

bothTest("the outcome says how long a handler ran", {}, async ({ executor, recorder }) => {
  executor.run(events({ id: "a", busy: 30 }));
  await recorder.outcomes(1);
  assert((recorder.told[0]?.runMs ?? 0) >= 30);
});

bothTest("a handler that runs alone has all the time for itself", {}, async (bench) => {
  bench.executor.run(events({ id: "a", busy: 30 }));
  await bench.recorder.outcomes(1);
  const { runMs = 0, shareMs = 0 } = bench.recorder.told[0] ?? {};
  assert(Math.abs(shareMs - runMs) < 0.001, `${shareMs} of ${runMs} ms`);
});

bothTest(
  "handlers that run beside each other share the time",
  { concurrency: 4 },
  async ({ executor, handlers, recorder }) => {
    const ids = ["a", "b", "c", "d"];
    const before = performance.now();
    executor.run(waiting(...ids));
    await handlers.waits(...ids);
    handlers.leaveAll();
    await recorder.outcomes(4);
    const passed = performance.now() - before;
    for (const { runMs, shareMs } of recorder.told) assert(shareMs > 0 && shareMs < runMs);
    const shared = recorder.told.reduce((sum, { shareMs }) => sum + shareMs, 0);
    assert(shared <= passed, `${shared} ms in ${passed} ms`);
  },
);

for (
  const [what, error] of [
    ["that is confirmed", undefined],
    ["that is refused", new BrokerError("refused", "the queue is full")],
  ] as const
) {
  const published: string[] = [];
  const publish = (queue: string, body: string) => {
    published.push(`${queue} ${body}`);
    return error ? Promise.reject(error) : Promise.resolve();
  };
  bothTest(`a handler publishes an event ${what}`, { publish }, async ({ executor, handlers }) => {
    published.length = 0;
    executor.run(events({ id: "a", do: "publish", to: "other" }));
    const told = await handlers.tell("a");
    assert.deepEqual(published, ['other {"from":"a"}']);
    const refusal = { name: "BrokerError", message: "the queue is full", kind: "refused" };
    assert.deepEqual(told, error ? refusal : "published");
  });
}

const ids: (string | undefined)[] = [];
const keepId = (_queue: string, _body: string, id?: string) => {
  ids.push(id);
  return Promise.resolve();
};
bothTest("a handler publishes an event with an id of its own", { publish: keepId }, async (it) => {
  ids.length = 0;
  const publish = { do: "publish", to: "other" } as const;
  it.executor.run(events({ id: "a", ...publish, publishId: "missed:7" }, { id: "b", ...publish }));
  await it.handlers.tell("b");
  assert.deepEqual(ids, ["missed:7", undefined]);
});

bothTest("all events of a run of a worker have one owner", {}, async ({ executor, handlers }) => {
  executor.run(events({ id: "a", tell: "owner" }, { id: "b", tell: "owner" }));
  const owner = await handlers.tell("a");
  assert.match(String(owner), /^[0-9a-f-]{36}$/);
  assert.equal(await handlers.tell("b"), owner);
});

bothTest("an event knows when it was published, whatever others say", {}, async (bench) => {
  const { executor, handlers } = bench;
  const times = [1_700_000_000_000.5, Infinity, 1_700_000_000_001, 0];
  executor.run(times.map((publishedAt, index) => {
    return event({ id: `e${index}`, tell: "context" }, { publishedAt, attempt: index + 1 });
  }));
  for (const [index, publishedAt] of times.entries()) {
    const [, told] = await handlers.tell(`e${index}`) as [unknown, Record<string, unknown>];
    assert.equal(told["publishedAt"], publishedAt === 0 ? undefined : publishedAt);
    assert.equal(told["attempt"], index + 1);
  }
});
