/** A queue whose worker throws PauseQueue, on the embedded broker. */

import assert from "node:assert/strict";
import { openSqliteBroker } from "../../../../lib/engine/broker/sqlite/sqlite.ts";
import { PauseQueue } from "../../../../lib/worker.ts";
import { inFolder } from "../../../domain/database/each_database.ts";
import { consuming, event, QUEUE } from "../../../fixtures/consumer.ts";
import { Gates } from "../../../fixtures/executor.ts";

Deno.test("the embedded broker gives one event after each pause, beside what still runs, and all in their order", async () => {
  await inFolder(async (stateDir) => {
    await using broker = await openSqliteBroker({ stateDir, version: "1" });
    await broker.declare(QUEUE);
    const ids = [..."abcdef"];
    for (const id of ids) await broker.publish(QUEUE, event(id), { messageId: id });
    const gates = new Gates();
    const over: (() => void)[] = [];
    await using run = await consuming({
      broker,
      worker: { concurrency: 2, consume: ({ id }) => gates.enter(id) },
      after: (_ms, end) => {
        over.push(end);
        return () => {};
      },
    });
    await gates.entries(2);
    for (let pause = 0; pause < 8; pause++) {
      gates.leave("b", new PauseQueue({ reason: "SMTP" }));
      await run.until("the queue waits", () => over.length === pause + 1);
      over[pause]?.();
      await gates.entries(pause + 3);
    }
    assert.deepEqual(gates.entered, ["a", ..."bbbbbbbbb"]);
    for (const id of ["b", ...ids.slice(2), "a"]) {
      await gates.until(`${id} runs`, () => gates.open.includes(id));
      gates.leave(id);
    }
    await run.until("all are done", () => run.consumer.totals.processed === ids.length);
    assert.deepEqual(gates.entered.slice(10), ids.slice(2));
    assert.deepEqual(await broker.depth(QUEUE), { ready: 0, consumers: 1 });
  });
});
