/**
 * What an executor reports about an event whose worker has secrets.
 *
 * @module
 */

import assert from "node:assert/strict";
import {
  BatchError,
  defineWorker,
  Discard,
  Fail,
  PauseQueue,
  RetryLater,
  type SingleWorker,
  type Worker,
} from "process-queue/worker";
import { runBatch, runEvent } from "process-queue/testing";
import { z } from "zod";
import { parseEvent } from "../../../lib/engine/executor/parse.ts";
import { job, singles } from "../../fixtures/executor.ts";

const TO = "Ada.Lovelace@example.com";
const EVENT = {
  to: [TO],
  subject: "Hello",
  context: { reset_url: "https://example.com/r/4711-0815" },
};
type Mail = typeof EVENT;

const COMMON = {
  queue: "mail",
  event: z.looseObject({
    to: z.array(z.string()),
    subject: z.string(),
    context: z.record(z.string(), z.string()),
  }),
  secrets: ["to", "context.*_url"],
} as const;

const worker = (consume: SingleWorker<Mail>["consume"], more: object = {}) =>
  defineWorker({ ...COMMON, consume, ...more } as unknown as SingleWorker<Mail>) as Worker;

/** Fails where a text has anything secret in it. */
function assertHidden(...told: unknown[]): void {
  const text = JSON.stringify(told);
  assert(!/lovelace|4711/i.test(text), text);
}

const THROWN: readonly [title: string, throws: (event: Mail) => never][] = [
  ["an error", ({ to }) => {
    throw new Error(`no ${to}`);
  }],
  ["an error with a cause", (event) => {
    throw new Error("no", { cause: new Error(JSON.stringify(event)) });
  }],
  ["RetryLater", ({ to }) => {
    throw new RetryLater({ message: `${to}` });
  }],
  ["Fail", ({ context }) => {
    throw new Fail(context.reset_url);
  }],
  ["Discard", ({ to }) => {
    throw new Discard(`${to}`);
  }],
  ["a text", ({ to }) => {
    throw `${to}`;
  }],
  ["an object", (event) => {
    throw event;
  }],
  ["an error with several", ({ to }) => {
    throw new AggregateError([new Error(`${to}`)], "all");
  }],
];

for (const [title, throws] of THROWN) {
  Deno.test(`the secrets of an event are not in ${title} that its handler throws`, async () => {
    const { error } = await runEvent(worker(throws), EVENT);
    assert(error);
    assertHidden(error);
    assert.match(JSON.stringify(error), /\*\*\*/);
  });
}

Deno.test("the secrets of an event are not in what its handler reports and logs", async () => {
  const tested = worker(({ to, context }, ctx) => {
    ctx.report({ to: `${to}`, [`${to}`]: "x" }, `${"x".repeat(190)}${context.reset_url}`);
    ctx.log.info(`Mailing ${to} about {subject}`, {
      subject: "Hello",
      to,
      error: new Error(to[0]),
    });
    ctx.log.debug("{context}", { context });
    throw new Error("no");
  });
  const { tags, breadcrumbs, logs } = await runEvent(tested, EVENT);
  assert.deepEqual(tags, { to: "***", "***": "x" });
  assert.equal(logs[0]?.message, "Mailing *** about Hello");
  assertHidden(tags, breadcrumbs, logs);
});

Deno.test("what the schema makes of a secret is hidden as well", async () => {
  const event = COMMON.event.transform(({ to }) => ({ to: to.map((each) => `<${each}>2`) }));
  const { error } = await runEvent(
    worker(({ to }) => {
      throw new Error(`no ${to}`);
    }, { event }),
    EVENT,
  );
  assert.equal(error?.message, "no ***");
});

Deno.test("the secrets of an event are not in what orderBy throws", async () => {
  const { executor, recorder } = singles({
    secrets: ["to"],
    orderBy({ to }) {
      throw new Error(`no key for ${to}`);
    },
    consume() {},
  }, { concurrency: 2 });
  executor.run([job("a", { fields: { to: TO } })]);
  await recorder.outcomes(1);
  assert.deepEqual(
    recorder.told.map(({ outcome }) => "error" in outcome && outcome.error.message),
    [
      "no key for ***",
    ],
  );
});

Deno.test("the secrets of an event are not in what its queue is said to wait for", async () => {
  const { executor, recorder } = singles({
    secrets: ["to"],
    consume({ to }) {
      throw new PauseQueue({ reason: `the server of ${to}`, cause: new Error(`550 ${to}`) });
    },
  });
  executor.run([job("a", { fields: { to: TO } })]);
  await recorder.outcomes(1);
  const outcome = recorder.told[0]?.outcome;
  assert(outcome?.kind === "paused");
  assert.deepEqual([outcome.reason, outcome.why], ["the server of ***", "550 ***"]);
  assertHidden(outcome);
});

Deno.test("the secrets of all events of a batch are hidden, and in its warning", async () => {
  const others = { ...EVENT, to: ["iago@example.com"] };
  let isFirst = true;
  const tested = defineWorker({
    ...COMMON,
    batch: { size: 2, seconds: 0 },
    consumeBatch(events) {
      const text = events.flatMap(({ to }) => to).join();
      if (!isFirst) throw new BatchError(events.map(() => new Error(text)));
      isFirst = false;
      throw new Error(text);
    },
  }) as Worker;
  const { events, logs } = await runBatch(tested, [EVENT, others]);
  assert.deepEqual(events.map(({ error }) => error?.message), ["***", "***"]);
  assertHidden(events, logs);
  assert(!JSON.stringify([events, logs]).includes("iago"));
});

const BODIES: readonly [title: string, event: unknown, message: string][] = [
  ["lacks a field", { to: [TO] }, "subject: missing; context: missing"],
  ["has a secret in place of a list", { ...EVENT, to: TO }, "to: invalid_type"],
  ["has a secret as a name", { ...EVENT, context: { [TO]: 5 } }, "context: invalid_type"],
  ["is a secret", TO, "event: invalid_type"],
];

for (const [title, event, message] of BODIES) {
  Deno.test(`an event that ${title} is invalid, and shown by its length`, async () => {
    const bytes = JSON.stringify(event).length;
    const { error, reason } = await runEvent(worker(() => {}), event);
    assert.equal(reason, "invalid");
    const text = `The body does not fit the worker's schema: ${message} (${bytes} bytes)`;
    assert.equal(error?.message, text);
  });
}

Deno.test("a schema that transforms names its fields as well", async () => {
  const event = COMMON.event.transform(({ to }) => to).transform((to) => ({ to }));
  const { error } = await runEvent(worker(() => {}, { event }), { ...EVENT, to: TO });
  assert.match(error?.message ?? "", /schema: to: invalid_type \(/);
  assertHidden(error);
});

Deno.test("fields below others are named as the schema declares them", async () => {
  const message = z.object({ text: z.string(), place: z.object({ topic: z.string() }) });
  const body = { message: { place: { topic: TO.length } } };
  const { error } = await runEvent(
    worker(() => {}, { event: z.object({ message }), secrets: ["message.text"] }),
    body,
  );
  assert.match(
    error?.message ?? "",
    /schema: message\.text: missing; message\.place\.topic: invalid_type \(/,
  );
});

Deno.test("a schema's own words and its unknown keys are not shown of a worker with secrets", async () => {
  const event = z.strictObject({
    to: z.string().refine(() => false, { error: ({ input }) => `${input} is wrong` }),
  });
  const { error } = await runEvent(worker(() => {}, { event, secrets: ["to"] }), {
    to: TO,
    "lovelace": 1,
  });
  const text = "The body does not fit the worker's schema: ";
  assert.match(error?.message ?? "", new RegExp(`^${text}[a-z_:; ]+\\([0-9]+ bytes\\)$`));
  assertHidden(error);
});

Deno.test("what is wrong with a body that is no event is said without any of it", () => {
  const rows: readonly [body: string, bare: string][] = [
    ["lovelace", "The body is not JSON"],
    ['{"lovelace": 1e999}', "A number of the body is too large"],
    ["[[[[1]]]]", "The body is nested more than 3 deep (MAX_EVENT_DEPTH)"],
    [
      '{"failed_tries": "lovelace"}',
      "The body's failed_tries must be a whole number from 0, and is of type string",
    ],
  ];
  for (const [body, bare] of rows) {
    assert.throws(() => parseEvent(body, z.unknown(), 3), { bare });
  }
});
