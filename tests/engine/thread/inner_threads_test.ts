/**
 * Threads that a worker starts: calls, aborts, errors, limits and their end.
 *
 * @module
 */

import assert from "node:assert/strict";
import { loadConfig } from "../../../lib/config/config.ts";
import { InnerThreads } from "../../../lib/engine/thread/inner_threads.ts";
import type { LineOutput } from "../../../lib/log/line_relay.ts";
import type { InnerRunOptions, InnerThread } from "../../../lib/worker.ts";
import type { Order } from "../../fixtures/inner/orders.ts";
import { isTaskThere } from "../../../lib/engine/thread/proc_task.ts";
import { sendRecords } from "../../../lib/log/log.ts";
import { Conditions } from "../../fixtures/executor.ts";
import { until } from "../../fixtures/until.ts";

const MODULE = new URL("../../fixtures/inner/orders.ts", import.meta.url);

/** An inner thread for one test, and what it prints. */
class Bench implements AsyncDisposable {
  readonly printed: string[] = [];
  readonly threads: InnerThreads;
  #inner: InnerThread | undefined;

  constructor(abortGraceSeconds: number) {
    const output: LineOutput = {
      write: (line) => this.printed.push(new TextDecoder().decode(line)),
      lose() {},
    };
    const config = { ...loadConfig({}), abortGraceSeconds };
    this.threads = new InnerThreads({ queue: "q", workerNum: 0, config, outputOf: () => output });
  }

  static async open(
    { maxHeapMb = 256, abortGraceSeconds = 60, module = MODULE } = {},
  ): Promise<Bench> {
    const bench = new Bench(abortGraceSeconds);
    bench.#inner = await bench.threads.start(module, { name: "orders", maxHeapMb });
    return bench;
  }

  get inner(): InnerThread {
    assert(this.#inner);
    return this.#inner;
  }

  run(order: Order, options?: InnerRunOptions): Promise<unknown> {
    return this.inner.run(order, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.threads.close();
  }
}

Deno.test("an inner thread runs one call after another, and keeps its state", async () => {
  await using bench = await Bench.open();
  const numbers = Array.from({ length: 20 }, (_, n) => n);
  const results = await Promise.all(numbers.map((n) => bench.run({ do: "double", n })));
  assert.deepEqual(results, numbers.map((n) => [n * 2, n + 1]));
});

Deno.test("an inner thread's progress comes in order, before its result", async () => {
  await using bench = await Bench.open();
  const seen: unknown[] = [];
  const onProgress = (value: unknown) => void seen.push(value);
  assert.equal(await bench.run({ do: "count", to: 5 }, { onProgress }), 5);
  assert.deepEqual(seen, [1, 2, 3, 4, 5]);
});

Deno.test("bytes are handed over to an inner thread, and come back", async () => {
  await using bench = await Bench.open();
  const bytes = new Uint8Array(1000).fill(2);
  const [sum, back] = (await bench.run({ do: "sum", bytes }, { transfer: [bytes.buffer] })) as [
    number,
    Uint8Array,
  ];
  assert.deepEqual([sum, back.length, bytes.length], [2000, 1000, 0]);
});

Deno.test("an error of an inner thread has its name, message and stack, and the thread goes on", async () => {
  await using bench = await Bench.open();
  await assert.rejects(bench.run({ do: "throw" }), (error: Error) => {
    assert.deepEqual([error.name, error.message], ["RangeError", "no such picture"]);
    assert.match(error.stack ?? "", /orders\.ts:\d+/);
    return true;
  });
  assert.deepEqual(await bench.run({ do: "double", n: 1 }), [2, 2]);
});

Deno.test("what cannot be cloned is an error of the call", async () => {
  await using bench = await Bench.open();
  await assert.rejects(bench.inner.run(() => {}), { name: "DataCloneError" });
  await assert.rejects(bench.run({ do: "return nothing clonable" }), { name: "DataCloneError" });
  assert.deepEqual(await bench.run({ do: "double", n: 1 }), [2, 2]);
});

Deno.test("the signal of a call is aborted in the inner thread, with its reason", async () => {
  await using bench = await Bench.open();
  const controller = new AbortController();
  const onProgress = () => controller.abort(new TypeError("enough"));
  await assert.rejects(bench.run({ do: "wait" }, { signal: controller.signal, onProgress }), {
    name: "TypeError",
    message: "enough",
  });
  assert.deepEqual(await bench.run({ do: "double", n: 1 }), [2, 2]);
});

Deno.test("a call whose signal is aborted already does not begin", async () => {
  await using bench = await Bench.open();
  const signal = AbortSignal.abort(new TypeError("enough"));
  await assert.rejects(bench.run({ do: "exit" }, { signal }), { message: "enough" });
  assert.deepEqual(await bench.run({ do: "double", n: 1 }), [2, 1]);
});

/** Runs an endless loop, and aborts it. @returns The task of the thread. */
async function hang(bench: Bench): Promise<string> {
  const controller = new AbortController();
  let task = "";
  const onProgress = (value: unknown) => {
    task = `/proc/${value}`;
    controller.abort();
  };
  await assert.rejects(bench.run({ do: "loop" }, { signal: controller.signal, onProgress }), {
    name: "InnerThreadEnded",
    reason: "hung",
    message: "The thread orders of q did not return within 0.05 s after it was aborted",
  });
  return task;
}

Deno.test("an inner thread that ignores its signal is ended, and the next call starts another", async () => {
  await using bench = await Bench.open({ abortGraceSeconds: 0.1 });
  const task = await hang(bench);
  await until("it is gone", () => !isTaskThere(task));
  assert.deepEqual(await bench.run({ do: "double", n: 4 }), [8, 1]);
});

Deno.test("an inner thread that fills its heap is ended, and nothing else is", async () => {
  await using bench = await Bench.open({ maxHeapMb: 64 });
  await assert.rejects(bench.run({ do: "heap" }), {
    name: "InnerThreadEnded",
    reason: "out of memory",
    message: "The thread orders of q used more than its 64 MB of heap: let it hold less at once, " +
      "or raise maxHeapMb",
  });
  assert.deepEqual(await bench.run({ do: "double", n: 4 }), [8, 1]);
});

const ENDS: readonly [order: "exit" | "throw outside", message: string][] = [
  ["exit", "The thread orders of q ended by itself, with exit code 7"],
  ["throw outside", "The thread orders of q threw outside of its function: TypeError: outside"],
];

for (const [order, message] of ENDS) {
  Deno.test(`an inner thread that ends by "${order}" rejects its call, and the next starts another`, async () => {
    await using bench = await Bench.open();
    const expected = { name: "InnerThreadEnded", reason: "crashed", message };
    await assert.rejects(bench.run({ do: order }), expected);
    assert.deepEqual(await bench.run({ do: "double", n: 4 }), [8, 1]);
  });
}

Deno.test("an inner thread that is disposed of rejects its call and every later one, and is gone", async () => {
  await using bench = await Bench.open();
  let task = "";
  const looping = Promise.withResolvers<void>();
  const call = bench.run({ do: "loop" }, {
    onProgress(value) {
      task = `/proc/${value}`;
      looping.resolve();
    },
  });
  await looping.promise;
  assert.equal(bench.threads.heapMb > 0, true);
  const expected = {
    name: "InnerThreadEnded",
    reason: "closed",
    message: "The thread orders of q was closed",
  };
  const rejected = assert.rejects(call, expected);
  await bench.inner[Symbol.asyncDispose]();
  await rejected;
  await assert.rejects(bench.run({ do: "double", n: 1 }), expected);
  await until("it is gone", () => !isTaskThere(task));
  assert.equal(bench.threads.heapMb, 0);
});

Deno.test("an inner thread that ends while nobody calls it is a warning", async () => {
  await using bench = await Bench.open();
  const lines = new Conditions();
  const messages: unknown[] = [];
  sendRecords("warning", ({ rawMessage }) => {
    messages.push(rawMessage);
    lines.changed();
  });
  try {
    await bench.run({ do: "throw later" });
    await lines.until("it is said", () => messages.length === 1);
  } finally {
    sendRecords(undefined, () => {});
  }
  assert.deepEqual(messages, [
    "The thread orders of q threw outside of its function: TypeError: outside. The next call " +
    "starts another",
  ]);
  assert.deepEqual(await bench.run({ do: "double", n: 4 }), [8, 1]);
});

Deno.test("what an inner thread logs and prints goes where the worker's lines go, with the queue", async () => {
  await using bench = await Bench.open();
  await bench.run({ do: "print" });
  assert.equal(bench.printed[0], "printed in an inner thread\n");
  const { message, queue } = JSON.parse(bench.printed[1] ?? "");
  assert.deepEqual([message, queue], ["logged in an inner thread", "q"]);
});

const MODULES: readonly [what: string, text: string, message: RegExp][] = [
  [
    "without a default function",
    "export default 5;",
    /^The thread orders of q cannot start: data:.* has no default function: write `export default/,
  ],
  [
    "that throws",
    'throw new TypeError("no library");',
    /^The thread orders of q cannot start: data:.* does not load: TypeError: no library$/,
  ],
];

for (const [what, text, message] of MODULES) {
  Deno.test(`a module ${what} is an error at the start of its inner thread`, async () => {
    const module = new URL(`data:text/javascript,${encodeURIComponent(text)}`);
    const expected = { name: "InnerThreadEnded", reason: "crashed", message };
    await assert.rejects(Bench.open({ module }), expected);
  });
}
