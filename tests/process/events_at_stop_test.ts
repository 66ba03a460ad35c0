import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { programTest } from "../fixtures/process/program_fixture.ts";
import { Proxy } from "../fixtures/rabbitmq/proxy.ts";
import { until } from "../fixtures/until.ts";

/** A way to lose the broker. */
interface Loss {
  readonly name: string;
  lose(proxy: Proxy): Promise<void> | void;
  /** Whether the broker gets the acknowledgements. */
  readonly isAcknowledged: boolean;
}

const LOSSES: readonly Loss[] = [
  {
    name: "is gone",
    lose: (proxy) => proxy[Symbol.asyncDispose](),
    isAcknowledged: false,
  },
  // What is sent to it still arrives.
  {
    name: "says nothing any more",
    lose: (proxy) => proxy.silence(),
    isAcknowledged: true,
  },
];

programTest(
  "what a stopping process releases counts no attempt and leaves no suspect",
  async (fixture) => {
    await fixture.worker();
    await fixture.publish([{ do: "rejectOnAbort", n: 0 }, { n: 1 }]);
    const first = fixture.consume([], { STOP_GRACE_SECONDS: "0" });
    await fixture.untilWritten("started", 1);
    first.signal("SIGTERM");
    assert.equal((await first.end()).code, 0);
    await fixture.worker({ maxConsumeSeconds: 1, retries: [] });
    assert.equal((await fixture.drain()).code, 0);
    const started = fixture.ledger.filter(({ what }) => what === "started");
    assert.deepEqual(started.map(({ event, attempt }) => [event["n"], attempt]), [[0, 1], [0, 1], [
      1,
      1,
    ]]);
    assert.deepEqual([...Deno.readDirSync(`${fixture.folder}/state/journal`)], []);
  },
);

programTest(
  "after the grace the handler's signal is aborted and its event released",
  async (fixture) => {
    await fixture.worker();
    await fixture.publish([{ do: "rejectOnAbort" }]);
    const program = fixture.consume([], { STOP_GRACE_SECONDS: "1" });
    await fixture.untilWritten("started", 1);
    const began = performance.now();
    program.signal("SIGTERM");
    await fixture.untilWritten("aborted", 1);
    assert(performance.now() - began > 900);
    assert.equal((await program.end()).code, 0);
    const message = await fixture.client.take(fixture.queue);
    assert(message?.fields.redelivered);
    assert.equal(message.properties.headers?.["x-pq-attempts"], undefined);
  },
);

programTest(
  "a handler that ignores its signal does not keep the process from ending",
  async (fixture) => {
    await fixture.worker({ maxConsumeSeconds: null });
    await fixture.publish([{ do: "hang" }]);
    const program = fixture.consume([], { STOP_GRACE_SECONDS: "1" });
    await fixture.untilWritten("started", 1);
    program.signal("SIGTERM");
    assert.equal((await program.end()).code, 0);
    await fixture.untilReady(1);
  },
);

programTest(
  "an event whose handler ignores a stop is redelivered when its process is gone",
  async (fixture) => {
    const { queue, folder } = fixture;
    await fixture.write(
      `workers/${queue}.ts`,
      `import { defineWorker } from "process-queue/worker";
     import { z } from "zod";
     const wait = async (name) => {
       Deno.writeTextFileSync("${folder}/" + name, "");
       for (;;) {
         try {
           return Deno.statSync("${folder}/go");
         } catch {
           await new Promise((resolve) => setTimeout(resolve, 10));
         }
       }
     };
     export default defineWorker({ queue: "${queue}", event: z.unknown(),
       setup: () => ({ [Symbol.asyncDispose]: () => wait("disposing") }),
       consume: () => wait("started") });`,
    );
    await fixture.publish([{}, {}]);
    const program = fixture.consume(["--inline"], { STOP_GRACE_SECONDS: "0" });
    await until("it has started", () => existsSync(`${folder}/started`));
    program.signal("SIGTERM");
    await until("it closes what it opened", () => existsSync(`${folder}/disposing`));
    await fixture.untilReady(1);
    await fixture.write("go", "");
    assert.equal((await program.end()).code, 0);
    await fixture.untilReady(2);
  },
);

programTest("processes that are stopped one after another run each event once", async (fixture) => {
  await fixture.worker({ prefetch: 100, concurrency: 3 });
  const all = Array.from({ length: 1500 }, (_, n) => n);
  await fixture.publish(all.map((n) => ({ n, do: n % 50 === 0 ? "slow" : "ok" })));
  for (const [index, signal] of (["SIGTERM", "SIGUSR1", "SIGINT"] as const).entries()) {
    const program = fixture.consume();
    await fixture.untilWritten("done", (index + 1) * 300);
    program.signal(signal);
    assert.equal((await program.end()).code, signal === "SIGUSR1" ? 3 : 0);
  }
  assert.equal((await fixture.drain()).code, 0);
  const done = fixture.ledgerOf("done", "n") as number[];
  assert.deepEqual(done.toSorted((a, b) => a - b), all);
  assert.equal(fixture.ledgerOf("started", "n").length, all.length);
  assert.equal(await fixture.client.ready(fixture.queue), 0);
});

programTest("what was retried before a stop comes back after it", async (fixture) => {
  await fixture.worker({ retries: [1] });
  await fixture.publish(Array.from({ length: 300 }, (_, n) => ({ n, do: n % 2 ? "throw" : "ok" })));
  const program = fixture.consume();
  await fixture.untilWritten("started", 100);
  program.signal("SIGTERM");
  assert.equal((await program.end()).code, 0);
  await fixture.untilReady(300 - fixture.ledgerOf("done", "n").length);
});

for (const { name, lose, isAcknowledged } of LOSSES) {
  programTest(`SIGTERM ends a process whose broker ${name}, and loses nothing`, async (fixture) => {
    await fixture.worker({ maxConsumeSeconds: null });
    const file = `${fixture.folder}/go`;
    await fixture.publish([{ n: 0, do: "wait", file }, { n: 1 }]);
    const proxy = new Proxy(Number(new URL(fixture.url).port));
    try {
      const program = fixture.consume(["--drain"], { AMQP_URL: proxy.url(fixture.url) });
      await fixture.untilWritten("started", 1);
      await lose(proxy);
      program.signal("SIGTERM");
      await program.untilLogged(/ha(s|ve) [\d.]+ s to finish/);
      await fixture.write("go", "");
      const { code, stdout } = await program.end();
      const done = fixture.ledgerOf("done", "n");
      assert.deepEqual([code, stdout], [0, [
        `done ${done.length}, retried 0, failed 0, waiting for retry unknown`,
      ]]);
      // Its thread may start the next event just before it learns of the stop.
      assert(done[0] === 0);
    } finally {
      await proxy[Symbol.asyncDispose]();
    }
    const done = fixture.ledgerOf("done", "n").length;
    await fixture.untilReady(isAcknowledged ? 2 - done : 2);
  });
}
