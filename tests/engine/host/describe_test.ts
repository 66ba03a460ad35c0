import assert from "node:assert/strict";
import { z } from "zod";
import type { QueueOverrides } from "../../../lib/config/queues.ts";
import { describe } from "../../../lib/engine/host/describe.ts";
import type { WorkerDescription } from "../../../lib/engine/executor/executor.ts";
import { redactText } from "../../../lib/errors/redact.ts";
import type { Worker } from "../../../lib/worker.ts";

const single = (options: object = {}) =>
  ({ queue: "test", event: z.unknown(), consume() {}, ...options }) as unknown as Worker;
const batched = (batch: object, options: object = {}) =>
  ({
    queue: "test",
    event: z.unknown(),
    batch,
    consumeBatch() {},
    ...options,
  }) as unknown as Worker;

const DEFAULTS: WorkerDescription = {
  queue: "test",
  isTestQueue: false,
  prefetch: 100,
  concurrency: 1,
  batch: undefined,
  maxConsumeSeconds: 30,
  maxHeapMb: 256,
  retries: [5, 60, 300],
  secrets: [],
  requires: [],
  ownDatabaseOnly: false,
  patienceSeconds: null,
};

const ROWS: readonly [
  title: string,
  worker: Worker,
  overrides: QueueOverrides,
  expected: Partial<WorkerDescription>,
][] = [
  ["fills in the defaults", single(), {}, {}],
  ["narrows the window of a concurrent worker", single({ concurrency: 5 }), {}, {
    concurrency: 5,
    prefetch: 18,
  }],
  ["widens the window to a whole batch", batched({ size: 400, seconds: 1 }), {}, {
    batch: { size: 400, seconds: 1 },
    prefetch: 400,
  }],
  ["takes at once what a prefetch count can say", single({ concurrency: 40_000 }), {}, {
    concurrency: 40_000,
    prefetch: 65_535,
  }],
  [
    "takes the worker's own numbers",
    single({ prefetch: 7, maxConsumeSeconds: null, maxHeapMb: 9, retries: [], isTestQueue: true }),
    {},
    { prefetch: 7, maxConsumeSeconds: null, maxHeapMb: 9, retries: [], isTestQueue: true },
  ],
  [
    "puts the numbers set from outside over the worker's",
    single({ prefetch: 7, concurrency: 2, maxConsumeSeconds: 1, maxHeapMb: 9, retries: [1] }),
    { prefetch: 8, concurrency: 3, maxConsumeSeconds: null, maxHeapMb: 10, retries: [2, 3] },
    { prefetch: 8, concurrency: 3, maxConsumeSeconds: null, maxHeapMb: 10, retries: [2, 3] },
  ],
  [
    "takes the paths and settings of the worker",
    single({ secrets: ["to", "context.*_url"], requires: ["EMAIL_HOST"] }),
    {},
    { secrets: ["to", "context.*_url"], requires: ["EMAIL_HOST"] },
  ],
  ["takes the size of a batch from outside", batched({ size: 5, seconds: 2 }), { batchSize: 9 }, {
    batch: { size: 9, seconds: 2 },
  }],
  [
    "bounds a batch by what may be taken at once",
    batched({ size: 100, seconds: 1 }),
    { prefetch: 10 },
    { batch: { size: 10, seconds: 1 }, prefetch: 10 },
  ],
];

for (const [title, worker, overrides, expected] of ROWS) {
  Deno.test(`describe ${title}`, () => {
    assert.deepEqual(describe(worker, overrides), { ...DEFAULTS, ...expected });
  });
}

const PATHS = "as its secrets, which must be a list of paths, such as to_emails or a.b";
const MAIL = z.object({ to_email: z.email() });
const NOTHING = "in its secrets, which reaches nothing in its schema";
const WRONG: readonly [worker: Worker, message: string][] = [
  [single({ prefetch: 0 }), "prefetch 0: it must be a whole number from 1 to 65535"],
  [single({ prefetch: 65_536 }), "prefetch 65536: it must be a whole number from 1 to 65535"],
  [single({ concurrency: 0 }), "concurrency 0: it must be a whole number from 1"],
  [single({ concurrency: 1.5 }), "concurrency 1.5: it must be a whole number from 1"],
  [batched({ size: 0, seconds: 1 }), "batch.size 0: it must be a whole number from 1"],
  [batched({ size: 5, seconds: NaN }), "batch.seconds NaN: it must be a number from 0"],
  [single({ maxConsumeSeconds: 0 }), "maxConsumeSeconds 0: it must be a number over 0, or null"],
  [single({ maxHeapMb: -1 }), "maxHeapMb -1: it must be a whole number from 1"],
  [single({ patienceSeconds: -1 }), "patienceSeconds -1: it must be a number from 0, or null"],
  [single({ retries: [5, -1] }), "retries 5,-1: it must be numbers from 0"],
  [single({ retries: -1 as never }), "retries -1: it must be numbers from 0"],
  [single({ secrets: "to" }), `"to" ${PATHS}`],
  [single({ secrets: ["a..b"] }), `["a..b"] ${PATHS}`],
  [single({ secrets: [""] }), `[""] ${PATHS}`],
  [
    single({ event: MAIL, secrets: ["to_emial"] }),
    `the path to_emial ${NOTHING}; did you mean to_email?`,
  ],
  [
    single({ event: MAIL, secrets: ["password"] }),
    `the path password ${NOTHING}. Correct the path, or add the field to the schema`,
  ],
  [
    single({ requires: "EMAIL_HOST" }),
    "requires EMAIL_HOST: it must be a list of names of settings, such as EMAIL_HOST",
  ],
];

for (const [worker, message] of WRONG) {
  Deno.test(`describe refuses ${message.split(":")[0]}`, () => {
    assert.throws(() => describe(worker), {
      name: "RangeError",
      message: `The worker of test has ${message}`,
    });
    assert.equal(redactText(message), message);
  });
}

Deno.test("describe refuses a batch with a concurrency", () => {
  assert.throws(() => describe(batched({ size: 5, seconds: 1 }), { concurrency: 3 }), {
    name: "RangeError",
    message: "The worker of test has a batch and a concurrency of 3: batches run one after " +
      "another, so remove one of the two",
  });
});

Deno.test("a worker of a shard is described by the shard's queue, and called by its own name", () => {
  assert.equal(describe(single(), {}, "test_shard2").queue, "test_shard2");
  assert.throws(() => describe(single({ prefetch: 0 }), {}, "test_shard2"), {
    message: /^The worker of test has prefetch 0:/,
  });
});
