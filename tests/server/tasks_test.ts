import assert from "node:assert/strict";
import { NO_FILTER } from "../../lib/command_line/failed_filter.ts";
import type { RepairOrder, Task, TaskEnd, TaskOrder } from "../../lib/operations/failed/task.ts";
import type { RunOptions } from "../../lib/server/failed_events.ts";
import { Tasks } from "../../lib/server/tasks.ts";

const SCAN = { scanned: 5, of: 5, complete: true, groups: 1 } as const;
const ORDER: RepairOrder = {
  kind: "drop",
  queue: "mails",
  filter: NO_FILTER,
  dryRun: false,
  expected: 3,
  rate: null,
  save: true,
  countsDelivery: false,
};

/** Tasks whose work a test ends. */
class Bench {
  readonly runs: (RunOptions & { readonly order: TaskOrder } & PromiseWithResolvers<TaskEnd>)[] =
    [];
  now = 0;
  readonly tasks: Tasks;

  constructor(isSingle = false) {
    const run = (order: TaskOrder, options: RunOptions) => {
      const ended = Promise.withResolvers<TaskEnd>();
      this.runs.push({ order, ...options, ...ended });
      return ended.promise;
    };
    this.tasks = new Tasks({ events: { run }, isSingle, now: () => this.now });
  }

  start(order: Partial<RepairOrder> = {}): Task {
    return this.tasks.start({ order: { ...ORDER, ...order }, by: "ada", filter: { all: true } });
  }

  /** Ends the last one. */
  async end(more: Record<string, unknown> = {}, error?: string): Promise<Task> {
    const { tasks: { all: [last] } } = this;
    const result = { ...SCAN, ...more } as unknown as TaskEnd["result"];
    this.runs.at(-1)?.resolve(error === undefined ? { result } : { result, error });
    return await this.tasks.wait(last?.id ?? "", 20_000);
  }
}

/** How work ends, whether it was cancelled, and the state of its task. */
const ENDS: [
  string,
  Record<string, unknown>,
  string | undefined,
  boolean,
  Task["state"],
  RegExp?,
][] = [
  ["a scan of all", {}, undefined, false, "done"],
  ["a scan of a part", { complete: false }, undefined, false, "done"],
  ["a cancelled scan", { complete: false }, undefined, true, "canceled"],
  ["a repair to its end", { action: "drop", dry_run: false }, undefined, true, "done"],
  ["a cancelled repair", { action: "drop", complete: false }, undefined, true, "canceled"],
  [
    "a repair that stopped",
    { action: "drop", complete: false },
    undefined,
    false,
    "failed",
    /at 5 of 5/,
  ],
  ["a dry run", { action: "drop", complete: false, dry_run: true }, undefined, false, "done"],
  [
    "a repair that failed",
    { action: "drop" },
    "the disk is full",
    true,
    "failed",
    /^the disk is full$/,
  ],
];

for (const [what, result, error, isCanceled, state, message] of ENDS) {
  Deno.test(`the task of ${what} is ${state}`, async () => {
    const bench = new Bench();
    const { id } = bench.start();
    if (isCanceled) bench.tasks.cancel(id);
    const task = await bench.end(result, error);
    assert.equal(task.state, state);
    assert.match(task.error ?? "", message ?? /^$/);
    assert.equal(task.ended_at, "1970-01-01T00:00:00.000Z");
  });
}

Deno.test("one task has a queue; in a process that consumes one runs at all", () => {
  const bench = new Bench();
  bench.start();
  assert.throws(() => bench.start({ kind: "retry" }), {
    code: "conflict",
    message: /^A drop of mails runs, by ada since 1970-\S+: wait until it has ended, or cancel it$/,
  });
  bench.start({ queue: "other" });
  const single = new Bench(true);
  single.start();
  assert.throws(() => single.start({ queue: "other" }), {
    code: "conflict",
    message: /mails runs/,
  });
});

Deno.test("a drop of over 100 needs a dry run of the same events within the hour", async () => {
  const bench = new Bench();
  const drop = () => bench.start({ expected: 250 });
  const wanted = { code: "conflict", message: /^Dropping 250 events needs a dry run of the same/ };
  assert.throws(drop, wanted);
  const counted = { action: "drop", dry_run: true, matched: 250 };
  bench.start({ dryRun: true, filter: { ...NO_FILTER, groups: ["f3a91c02"] } });
  await bench.end(counted);
  assert.throws(drop, wanted, "that were other events");
  bench.start({ dryRun: true });
  await bench.end({ ...counted, matched: 249 });
  assert.throws(drop, wanted, "that was another number");
  bench.start({ dryRun: true });
  await bench.end(counted);
  drop();
  await bench.end({ action: "drop" });
  bench.now = 3_600_001;
  assert.throws(drop, wanted, "that was long ago");
  bench.start({ expected: 100 });
});

Deno.test("a task is known for an hour after its end, and 100 of them", async () => {
  const bench = new Bench();
  const first = bench.start({ dryRun: true });
  await bench.end();
  for (let n = 0; n < 110; n++) {
    bench.start({ dryRun: true });
    await bench.end();
  }
  assert(bench.tasks.all.length <= 101);
  assert.throws(() => bench.tasks.get(first.id), {
    code: "not_found",
    message: /^There is no task/,
  });
  const last = bench.start();
  bench.now = 10_000_000;
  assert.equal(bench.tasks.get(last.id).state, "running", "what runs is never forgotten");
  assert.equal(bench.tasks.all.length, 1);
});

Deno.test("whoever listens hears of the start, twice a second of progress, and of the end", async () => {
  const bench = new Bench();
  const heard: (number | string | undefined)[] = [];
  const end = bench.tasks.listen(({ state, progress }) => heard.push(progress?.scanned ?? state));
  bench.start();
  for (let n = 1; n <= 10; n++) {
    bench.now = n * 100;
    bench.runs[0]?.onProgress({ scanned: n, of: 10, removed: 0 });
  }
  await bench.end();
  assert.deepEqual(heard, ["running", 5, 10, 10]);
  end();
  bench.start();
  assert.equal(heard.length, 4);
});

Deno.test("the end of the process ends tasks as interrupted commands end, and no more start", async () => {
  const bench = new Bench();
  const { id } = bench.start();
  const disposed = bench.tasks[Symbol.asyncDispose]();
  assert.equal(bench.runs[0]?.signal.aborted, true);
  assert.throws(() => bench.start({ queue: "other" }), { message: "The process stops" });
  await bench.end({ action: "drop", complete: false });
  await disposed;
  assert.equal(bench.tasks.get(id).state, "canceled");
});
