import assert from "node:assert/strict";
import {
  inlineTest,
  type ProgramFixture,
  programTest,
} from "../fixtures/process/program_fixture.ts";

/** The headers of the event in a queue. */
async function headersIn(
  fixture: ProgramFixture,
  suffix: string,
): Promise<Record<string, unknown>> {
  const message = await fixture.client.take(`${fixture.queue}.${suffix}`);
  assert(message, `nothing is in ${fixture.queue}.${suffix}`);
  return message.properties.headers ?? {};
}

programTest("a handler that throws does not affect its neighbours", async (fixture) => {
  await fixture.worker({ retries: [] });
  await fixture.publish([{ n: 0 }, { n: 1, do: "throw" }, { n: 2 }]);
  const { code, stdout } = await fixture.drain();
  assert.deepEqual([code, stdout], [0, ["done 2, retried 0, failed 1, waiting for retry 0"]]);
  assert.deepEqual(fixture.ledgerOf("done", "n"), [0, 2]);
  const headers = await headersIn(fixture, "failed");
  assert.equal(headers["x-pq-reason"], "error");
  assert.equal(headers["x-pq-error-message"], "this event is broken, password=***");
});

for (
  const [order, message] of [["rejectLater", "nobody waits"], ["throwLater", "nobody catches"]]
) {
  inlineTest(
    `an error outside of any event (${order}) ends the process cleanly, with 1`,
    async (fixture) => {
      await fixture.worker();
      const file = `${fixture.folder}/go`;
      await fixture.publish([{ n: 0, do: order }, { n: 1, do: "wait", file }, { n: 2 }]);
      const program = fixture.consume();
      const line = await program.untilLogged(/^Unhandled exception from queue: /);
      const hint = order === "rejectLater"
        ? ". A promise in the handler of 0 was rejected and not awaited: add `await`, or catch its " +
          "error"
        : "";
      assert.equal(line.message, `Unhandled exception from queue: ${fixture.queue}${hint}`);
      assert.deepEqual([line["level"], line["queue"]], ["error", fixture.queue]);
      assert.match(JSON.stringify(line["error"]), new RegExp(`${message}.*scripted_worker\\.ts`));
      await fixture.write("go", "");
      assert.equal((await program.end()).code, 1);
      assert.deepEqual(fixture.ledgerOf("done", "n"), [0, 1]);
      assert.equal(await fixture.client.ready(fixture.queue), 1);
      assert.equal(await fixture.client.ready(`${fixture.queue}.failed`), undefined);
    },
  );
}

programTest(
  "a handler that exceeds its time and stops at its signal is retried, and its neighbours go on",
  async (fixture) => {
    await fixture.worker({ maxConsumeSeconds: 1 });
    await fixture.publish([{ n: 0, do: "rejectOnAbort" }, { n: 1 }]);
    const program = fixture.consume(["--drain"]);
    const { code, stdout } = await program.end();
    assert.deepEqual([code, stdout], [0, ["done 1, retried 1, failed 0, waiting for retry 1"]]);
    const line = await program.untilLogged(/^Event failed on queue/);
    assert.equal(line["reason"], "timeout");
    assert.match(line.message, /Timed out in .* after 1 seconds processing 1 events/);
    await fixture.untilReady(1);
    const message = await fixture.client.take(fixture.queue);
    assert.equal(message?.properties.headers?.["x-pq-attempts"], 1);
    assert.equal(message?.properties.headers?.["x-pq-reason"], "timeout");
  },
);

inlineTest(
  "a handler that ignores its signal ends the process with 3, and the next blames its event alone",
  async (fixture) => {
    await fixture.worker({ maxConsumeSeconds: 1, retries: [300] });
    await fixture.publish([{ n: 0 }, { n: 1, do: "hang" }, { n: 2 }, { n: 3 }]);
    const program = fixture.consume([], { ABORT_GRACE_SECONDS: "0" });
    assert.equal((await program.end()).code, 3);
    const line = await program.untilLogged(/did not return when it was aborted/);
    assert.deepEqual([line["level"], line["queue"], line["seconds"], line["ids"]], [
      "error",
      fixture.queue,
      1,
      ["1"],
    ]);
    await fixture.untilReady(3);
    const { stdout } = await fixture.drain();
    assert.deepEqual(stdout, ["done 2, retried 1, failed 0, waiting for retry 1"]);
    assert.deepEqual(fixture.ledgerOf("done", "n"), [0, 2, 3]);
    const attempts = fixture.ledger.map(({ attempt }) => attempt);
    assert(attempts.every((attempt) => attempt === 1), String(attempts));
    const headers = await headersIn(fixture, "retry.300s");
    assert.equal(headers["x-pq-attempts"], 1);
    assert.equal(headers["x-pq-reason"], "crashed");
  },
);

inlineTest("with no retries, what hangs is dead-lettered by the next process", async (fixture) => {
  await fixture.worker({ maxConsumeSeconds: 1, retries: [] });
  await fixture.publish([{ n: 0, do: "hang" }, { n: 1 }]);
  const { code } = await fixture.consume([], { ABORT_GRACE_SECONDS: "0" }).end();
  assert.equal(code, 3);
  assert.equal(
    (await fixture.drain()).stdout[0],
    "done 1, retried 0, failed 1, waiting for retry 0",
  );
  assert.equal(fixture.ledgerOf("started", "n").filter((n) => n === 0).length, 1);
  const headers = await headersIn(fixture, "failed");
  assert.equal(headers["x-pq-reason"], "crashed");
  assert.equal(headers["x-pq-attempts"], 1);
  assert.equal(headers["x-pq-error-name"], "ProcessEnded");
});

inlineTest("beside an event that hangs, the others of its process finish", async (fixture) => {
  await fixture.worker({ maxConsumeSeconds: 1, concurrency: 3, retries: [] });
  await fixture.publish([{ n: 0, do: "hang" }, { n: 1 }, { n: 2 }, { n: 3 }, { n: 4 }]);
  const { code } = await fixture.consume([], { ABORT_GRACE_SECONDS: "0" }).end();
  assert.equal(code, 3);
  assert.deepEqual(fixture.ledgerOf("done", "n"), [1, 2, 3, 4]);
  await fixture.untilReady(1);
  await fixture.drain();
  assert.equal((await headersIn(fixture, "failed"))["x-pq-reason"], "crashed");
});
