/**
 * A queue whose worker has a loop: what its passes do to the thread and to the events beside them.
 *
 * @module
 */

import assert from "node:assert/strict";
import { type Supervised, supervised } from "../../fixtures/supervisor.ts";
import type { Script } from "../../fixtures/executor/handler_messages.ts";
import { until } from "../../fixtures/until.ts";

async function publish({ broker, supervisor }: Supervised, ...scripts: Script[]): Promise<void> {
  for (const script of scripts) {
    await broker.publish(supervisor.queue, JSON.stringify(script));
  }
}

/** Resolves with the first notice whose message matches. */
async function noticed(one: Supervised, pattern: RegExp): Promise<Record<string, unknown>> {
  const find = () => one.notices.find(({ message }) => pattern.test(message));
  await one.until(String(pattern), () => find() !== undefined);
  return { ...find()?.properties };
}

async function attemptsOf({ handlers }: Supervised, id: string): Promise<unknown> {
  const [_event, { attempt }] = (await handlers.tell(id)) as [unknown, { attempt: number }];
  return attempt;
}

const HUNG =
  /^The loop \{loop\} of \{queue\} did not return when it was aborted after .*: its thread/;

Deno.test("a pass that hangs ends its thread; what runs beside it has time to end", async () => {
  await using one = await supervised({ worker: "looping" });
  await publish(one, { id: "a", do: "wait" }, { id: "b", pass: "hang" });
  await one.handlers.waits("a");
  await one.handlers.tell("pass");
  one.handlers.leave("a");
  assert.deepEqual(await noticed(one, HUNG), { loop: "tidy", seconds: 0.2 });
  await publish(one, { id: "c" });
  await one.handlers.entries(3);
  assert.deepEqual(one.handlers.entered, ["a", "b", "c"]);
});

Deno.test("a pass that blocks its thread ends it; what ran beside it runs again, uncounted", async () => {
  await using one = await supervised({ worker: "looping" });
  await publish(one, { id: "a", do: "wait", tell: "context" }, { id: "b", pass: "block" });
  await one.handlers.waits("a");
  await noticed(one, HUNG);
  one.handlers.waiting.length = 0;
  one.handlers.told.clear();
  await one.handlers.waits("a");
  assert.equal(await attemptsOf(one, "a"), 1);
  one.handlers.leave("a");
});

Deno.test("an event that blocks its thread while a pass runs is found and given up", async () => {
  await using one = await supervised({ worker: "looping", maxConsumeSeconds: 0.5 });
  await publish(one, { id: "a", pass: "hang" });
  await one.handlers.tell("pass");
  await publish(one, { id: "bad", do: "block" });
  await until("it waits", async () => await one.broker.waiting(one.supervisor.queue) === 1);
  assert.deepEqual(one.handlers.entered, ["a", "bad", "bad"]);
  const { retried, failed } = one.supervisor.figures.totals;
  assert.deepEqual([retried, failed], [1, 0]);
});

Deno.test("a pass that blocks while no event runs is noticed by its limit", async () => {
  await using one = await supervised({ worker: "looping" });
  await publish(one, { id: "a", pass: "block" });
  await noticed(one, HUNG);
  await publish(one, { id: "b" });
  await one.handlers.entries(2);
  assert.equal(one.supervisor.state, "consuming");
});

Deno.test("a loop that fails is reported with its error, and goes on", async () => {
  await using one = await supervised({ worker: "looping" });
  await publish(one, { id: "a", pass: "throw" });
  const properties = await noticed(one, /^The loop .* failed/);
  assert.deepEqual(properties, {
    loop: "tidy",
    reason: "Error: the loop is broken",
    wait: 0.02,
    failures: 1,
  });
  await noticed(one, /^The loop .* works again, after/);
  const notice = one.notices.find(({ error }) => error?.message === "the loop is broken");
  assert.match(notice?.error?.stack ?? "", /looping\.ts/);
});

Deno.test("a stop aborts the pass that runs, at once", async () => {
  await using one = await supervised({ worker: "looping" });
  await publish(one, { id: "a", pass: "wait for abort" });
  await one.handlers.tell("pass");
  await one.supervisor.stop(600_000);
  assert.equal(one.supervisor.loops.running, undefined);
  assert.deepEqual(one.notices, []);
});
