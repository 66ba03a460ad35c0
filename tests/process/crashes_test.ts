import assert from "node:assert/strict";
import { inlineTest, ProgramFixture, programTest } from "../fixtures/process/program_fixture.ts";

/** Runs processes, one after another, until one comes to its own end. @returns How many did not. */
async function restartUntilDrained(fixture: ProgramFixture, most = 8): Promise<number> {
  for (let crashed = 0; crashed < most; crashed++) {
    const { stdout } = await fixture.drain();
    const [summary] = stdout;
    if (summary === undefined) continue;
    if (summary.endsWith("waiting for retry 0")) return crashed;
    // It did its work; the next starts when what it retried is back.
    await fixture.untilReady(1);
    crashed--;
  }
  throw new Error(`${most} processes crashed`);
}

/** How often each event was started, by its `n`. */
function runs(fixture: ProgramFixture): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const n of fixture.ledgerOf("started", "n") as number[]) counts[n] = (counts[n] ?? 0) + 1;
  return counts;
}

inlineTest(
  "an event that ends its process is dead-lettered once it did so alone",
  async (fixture) => {
    await fixture.worker({ retries: [] });
    await fixture.publish([{ n: 0 }, { n: 1, do: "exit" }, { n: 2 }, { n: 3 }]);
    assert.equal(await restartUntilDrained(fixture), 2);
    // An event that ended in the same turn as the crash is not acknowledged yet, so it runs again.
    assert.deepEqual(new Set(fixture.ledgerOf("done", "n")), new Set([0, 2, 3]));
    assert.equal(runs(fixture)[1], 2);
    const message = await fixture.client.take(`${fixture.queue}.failed`);
    assert.equal(message?.content.toString(), JSON.stringify({ n: 1, do: "exit" }));
    assert.equal(message.properties.headers?.["x-pq-reason"], "crashed");
    assert.equal(message.properties.headers?.["x-pq-attempts"], 1);
    assert.equal(message.properties.messageId, "1");
  },
);

inlineTest(
  "an event that ends its process has at most three attempts, whatever retries says",
  async (fixture) => {
    await fixture.worker({ retries: [1, 1, 1, 1, 1, 1] });
    await fixture.publish([
      { n: 0, do: "exit" },
      ...Array.from({ length: 30 }, (_, n) => ({ n: n + 1 })),
    ]);
    // Once among others, as a suspect of many, and then three times alone.
    assert.equal(await restartUntilDrained(fixture), 4);
    assert.equal(runs(fixture)[0], 4);
    const done = fixture.ledgerOf("done", "n") as number[];
    assert.deepEqual(done.toSorted((a, b) => a - b), Array.from({ length: 30 }, (_, n) => n + 1));
    const message = await fixture.client.take(`${fixture.queue}.failed`);
    assert.equal(message?.properties.headers?.["x-pq-reason"], "crashed");
    assert.equal(message.properties.headers?.["x-pq-attempts"], 3);
    assert.deepEqual([...Deno.readDirSync(`${fixture.folder}/state/journal`)], []);
  },
);

inlineTest("an event without an id that ends its process is found by its body", async (fixture) => {
  await fixture.worker({ retries: [] });
  await fixture.publish([{ n: 0, do: "exit" }, { n: 1 }], { messageId: "" });
  assert.equal(await restartUntilDrained(fixture), 2);
  assert.deepEqual(fixture.ledgerOf("done", "n"), [1]);
  assert.equal(await fixture.client.ready(`${fixture.queue}.failed`), 1);
});

inlineTest("two events that end their process do not hide behind each other", async (fixture) => {
  await fixture.worker({ retries: [], concurrency: 2 });
  await fixture.publish([{ n: 0, do: "exit" }, { n: 1, do: "exit" }, { n: 2 }, { n: 3 }]);
  // Each once beside others, and once alone.
  assert.equal(await restartUntilDrained(fixture), 4);
  assert.deepEqual(fixture.ledgerOf("done", "n").toSorted(), [2, 3]);
  assert.equal(await fixture.client.ready(`${fixture.queue}.failed`), 2);
});

inlineTest(
  "what ran when a process was killed runs alone in the next, and counts no attempt",
  async (fixture) => {
    await fixture.worker({ concurrency: 3, prefetch: 20 });
    const file = `${fixture.folder}/go`;
    const suspects = [0, 1, 2].map((n) => ({ n, do: "wait", file }));
    const others = [3, 4, 5, 6, 7, 8].map((n) => ({ n, do: "slow" }));
    await fixture.publish([...suspects, ...others]);
    await using program = fixture.consume();
    await fixture.untilWritten("started", 3);
    program.signal("SIGKILL");
    assert.equal((await program.end()).signal, "SIGKILL");
    await fixture.untilReady(9);
    await fixture.write("go", "");
    const { code, stdout } = await fixture.drain();
    assert.deepEqual([code, stdout], [0, ["done 9, retried 0, failed 0, waiting for retry 0"]]);
    const lines = fixture.ledger.slice(3).map(({ what, event }) => `${what} ${event["n"]}`);
    for (const n of [0, 1, 2]) {
      assert.equal(lines.indexOf(`done ${n}`), lines.indexOf(`started ${n}`) + 1, lines.join("\n"));
    }
    assert.notEqual(lines.indexOf("done 3"), lines.indexOf("started 3") + 1, lines.join("\n"));
    assert(fixture.ledger.every(({ attempt }) => attempt === 1));
  },
);

inlineTest("a process killed while nothing ran leaves no suspect", async (fixture) => {
  await fixture.worker();
  await fixture.publish([{ n: 0 }]);
  await using program = fixture.consume();
  await fixture.untilWritten("done", 1);
  // An event that is done is also acknowledged when the next signal is handled.
  await program.until("the event is settled", () => {
    program.signal("SIGUSR2");
    return program.log.some((line) => line["processed"] === 1 && line["in_flight"] === 0);
  });
  program.signal("SIGSTOP");
  await fixture.publish([{ n: 1 }]);
  program.signal("SIGKILL");
  await program.end();
  await fixture.untilReady(1);
  const { stdout } = await fixture.drain();
  assert.deepEqual(stdout, ["done 1, retried 0, failed 0, waiting for retry 0"]);
});

inlineTest(
  "a batch that ends its process runs again event by event, and one event is blamed",
  async (fixture) => {
    await fixture.worker({ retries: [], batch: { size: 10, seconds: 0 } });
    await fixture.publish([0, 1, 2, 3, 4].map((n) => n === 2 ? { n, do: "exit" } : { n }));
    assert.equal(await restartUntilDrained(fixture), 2);
    assert.deepEqual(new Set(fixture.ledgerOf("done", "n")), new Set([0, 1, 3, 4]));
    const message = await fixture.client.take(`${fixture.queue}.failed`);
    assert.equal(message?.properties.messageId, "2");
    assert.equal(message.properties.headers?.["x-pq-reason"], "crashed");
  },
);

inlineTest(
  "a batch that hangs runs again event by event, and one event is blamed",
  async (fixture) => {
    await fixture.worker({ retries: [], batch: { size: 10, seconds: 0 }, maxConsumeSeconds: 1 });
    await fixture.publish([0, 1, 2, 3, 4].map((n) => n === 2 ? { n, do: "hang" } : { n }));
    const codes: number[] = [];
    while (codes.at(-1) !== 0 && codes.length < 5) {
      codes.push((await fixture.drain({ ABORT_GRACE_SECONDS: "0" })).code);
    }
    assert.deepEqual(codes, [3, 3, 0]);
    assert.deepEqual(new Set(fixture.ledgerOf("done", "n")), new Set([0, 1, 3, 4]));
    const message = await fixture.client.take(`${fixture.queue}.failed`);
    assert.equal(message?.properties.messageId, "2");
    assert.equal(message.properties.headers?.["x-pq-reason"], "crashed");
    assert.equal(message.properties.headers?.["x-pq-attempts"], 1);
    assert.deepEqual([...Deno.readDirSync(`${fixture.folder}/state/journal`)], []);
  },
);

programTest(
  "an event that ends its process does not count against an event of another queue",
  async (killer) => {
    await using slow = await ProgramFixture.open(killer.url);
    await killer.worker({ retries: [] });
    await slow.worker({ retries: [] });
    const file = `workers/${slow.queue}.ts`;
    await killer.write(file, await Deno.readTextFile(`${slow.folder}/${file}`));
    await slow.publish([{ n: 0, do: "take", file: "2000" }]);
    await killer.publish([{ n: 1, do: "kill", file: "1000" }]);
    const args = ["--multi_threaded", killer.queue, slow.queue, "--drain"];
    let crashed = 0;
    while ((await killer.run(args)).signal !== null) crashed++;
    assert.equal(crashed, 2);
    assert.deepEqual(killer.ledgerOf("done", "n"), [0]);
    assert.equal(await slow.client.ready(`${slow.queue}.failed`), undefined);
    const message = await killer.client.take(`${killer.queue}.failed`);
    assert.equal(message?.properties.headers?.["x-pq-reason"], "crashed");
  },
);
