import assert from "node:assert/strict";
import { stageTest } from "../fixtures/process/stage.ts";
import { Proxy } from "../fixtures/rabbitmq/proxy.ts";
import { until } from "../fixtures/until.ts";

/** A way to lose the broker, and how many of two events are in their queue after it. */
interface Loss {
  readonly name: string;
  lose(proxy: Proxy): Promise<void> | void;
  readonly left: number;
}

const LOSSES: readonly Loss[] = [
  {
    name: "is gone",
    lose: (proxy) => proxy[Symbol.asyncDispose](),
    left: 2,
  },
  // What is said to it still arrives.
  {
    name: "says nothing any more",
    lose: (proxy) => proxy.silence(),
    left: 1,
  },
];

const NOWHERE = "amqp://me:sesame@127.0.0.1:1";

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  stageTest(
    `${signal} lets the running event finish, releases the others and ends with 0`,
    async (stage) => {
      await stage.worker();
      const file = `${stage.folder}/go`;
      await stage.publish([{ do: "wait", file, n: 0 }, { n: 1 }, { n: 2 }]);
      const program = stage.consume();
      await stage.untilWritten("begun", 1);
      program.signal(signal);
      await program.untilLogged(/^Worker 0 disconnecting from queue/);
      await stage.untilReady(2);
      await stage.write("go", "");
      const { code } = await program.end();
      assert.equal(code, 0);
      assert.deepEqual(stage.ledgerOf("done", "n"), [0]);
      assert.equal(await stage.client.ready(stage.queue), 2);
    },
  );
}

stageTest(
  "what a stopping process releases counts no attempt and leaves no suspect",
  async (stage) => {
    await stage.worker();
    await stage.publish([{ do: "heed", n: 0 }, { n: 1 }]);
    const first = stage.consume([], { STOP_GRACE_SECONDS: "0" });
    await stage.untilWritten("begun", 1);
    first.signal("SIGTERM");
    assert.equal((await first.end()).code, 0);
    await stage.worker({ maxConsumeSeconds: 1, retries: [] });
    assert.equal((await stage.drain()).code, 0);
    const begun = stage.ledger.filter(({ what }) => what === "begun");
    assert.deepEqual(begun.map(({ event, attempt }) => [event["n"], attempt]), [[0, 1], [0, 1], [
      1,
      1,
    ]]);
    assert.deepEqual([...Deno.readDirSync(`${stage.folder}/state/journal`)], []);
  },
);

stageTest(
  "past the grace the handler's signal is aborted and its event given back",
  async (stage) => {
    await stage.worker();
    await stage.publish([{ do: "heed" }]);
    const program = stage.consume([], { STOP_GRACE_SECONDS: "1" });
    await stage.untilWritten("begun", 1);
    const began = performance.now();
    program.signal("SIGTERM");
    await stage.untilWritten("aborted", 1);
    assert(performance.now() - began > 900);
    assert.equal((await program.end()).code, 0);
    const message = await stage.client.take(stage.queue);
    assert(message?.fields.redelivered);
    assert.equal(message.properties.headers?.["x-pq-attempts"], undefined);
  },
);

stageTest("a handler that heeds nothing does not keep the process from ending", async (stage) => {
  await stage.worker({ maxConsumeSeconds: null });
  await stage.publish([{ do: "hang" }]);
  const program = stage.consume([], { STOP_GRACE_SECONDS: "1" });
  await stage.untilWritten("begun", 1);
  program.signal("SIGTERM");
  assert.equal((await program.end(8)).code, 0);
  await stage.untilReady(1);
});

stageTest("SIGUSR1 drains, says so in Zulip's words and ends with 3", async (stage) => {
  await stage.worker();
  const file = `${stage.folder}/go`;
  await stage.publish([{ do: "wait", file }, {}]);
  const program = stage.consume();
  await stage.untilWritten("begun", 1);
  program.signal("SIGUSR1");
  const line = await program.untilLogged(/^SIGUSR1 received\. Restarting this queue processor\.$/);
  assert.equal(line["level"], "warning");
  await stage.write("go", "");
  assert.equal((await program.end()).code, 3);
  assert.equal(stage.ledgerOf("done", "do").length, 1);
  assert.equal(await stage.client.ready(stage.queue), 1);
});

stageTest("SIGTSTP stops taking events until SIGCONT", async (stage) => {
  await stage.worker();
  await stage.publish([{ n: 0 }]);
  const program = stage.consume();
  await stage.untilWritten("done", 1);
  program.signal("SIGTSTP");
  await program.untilLogged(/^Taking no more events/);
  await until("nobody consumes", async () => {
    return (await stage.client.channel.checkQueue(stage.queue)).consumerCount === 0;
  });
  await stage.publish([{ n: 1 }]);
  assert.equal(await stage.client.ready(stage.queue), 1);
  program.signal("SIGCONT");
  await stage.untilWritten("done", 2);
  program.signal("SIGTERM");
  assert.equal((await program.end()).code, 0);
});

stageTest("SIGTSTP while the worker is set up holds from its first event on", async (stage) => {
  const setup = `${stage.folder}/set-up`;
  await stage.worker({ setup });
  const program = stage.consume();
  await program.untilLogged(/^Waiting for/);
  program.signal("SIGTSTP");
  await program.untilLogged(/^Taking no more events/);
  await stage.write("set-up", "");
  // The program makes the queue when it starts to consume.
  await until("the queue is there", () => stage.client.ready(stage.queue).then((n) => n === 0));
  await stage.publish([{}]);
  assert.equal((await stage.client.channel.checkQueue(stage.queue)).consumerCount, 0);
  program.signal("SIGCONT");
  await stage.untilWritten("done", 1);
  assert.equal(program.log.at(-1)?.message, `Taking events from queue ${stage.queue} again`);
  program.signal("SIGTERM");
  assert.equal((await program.end()).code, 0);
});

stageTest("no event runs before the worker is set up, also after SIGCONT", async (stage) => {
  await stage.worker({ setup: `${stage.folder}/set-up` });
  await stage.publish([{}]);
  const program = stage.consume();
  await program.untilLogged(/^Waiting for/);
  program.signal("SIGTSTP");
  await program.untilLogged(/^Taking no more events/);
  program.signal("SIGCONT");
  await program.untilLogged(/^Taking events from queue .* again$/);
  assert.equal((await stage.client.channel.checkQueue(stage.queue)).consumerCount, 0);
  await stage.write("set-up", "");
  await stage.untilWritten("done", 1);
  program.signal("SIGTERM");
  assert.equal((await program.end()).code, 0);
});

for (const [signal, code] of [["SIGTERM", 0], ["SIGINT", 0], ["SIGUSR1", 3]] as const) {
  stageTest(`${signal} ends a process that waits for its broker with ${code}`, async (stage) => {
    await stage.worker();
    const program = stage.consume([], { AMQP_URL: NOWHERE });
    await program.untilLogged(/^Worker 0 connecting to queue/);
    const began = performance.now();
    program.signal(signal);
    assert.equal((await program.end()).code, code);
    assert(performance.now() - began < 1000);
  });

  stageTest(`${signal} ends a process whose worker is being set up with ${code}`, async (stage) => {
    await stage.worker({ setup: `${stage.folder}/never` });
    const program = stage.consume();
    await program.untilLogged(/^Waiting for/);
    const began = performance.now();
    program.signal(signal);
    assert.equal((await program.end()).code, code);
    assert(performance.now() - began < 1000);
    assert.deepEqual([...Deno.readDirSync(`${stage.folder}/state/journal`)], []);
  });
}

stageTest("processes that are stopped one after another run each event once", async (stage) => {
  await stage.worker({ prefetch: 100, concurrency: 3 });
  const all = Array.from({ length: 1500 }, (_, n) => n);
  await stage.publish(all.map((n) => ({ n, do: n % 50 === 0 ? "slow" : "ok" })));
  for (const [index, signal] of (["SIGTERM", "SIGUSR1", "SIGINT"] as const).entries()) {
    const program = stage.consume();
    await stage.untilWritten("done", (index + 1) * 300);
    program.signal(signal);
    assert.equal((await program.end()).code, signal === "SIGUSR1" ? 3 : 0);
  }
  assert.equal((await stage.drain()).code, 0);
  const done = stage.ledgerOf("done", "n") as number[];
  assert.deepEqual(done.toSorted((a, b) => a - b), all);
  assert.equal(stage.ledgerOf("begun", "n").length, all.length);
  assert.equal(await stage.client.ready(stage.queue), 0);
});

stageTest("what was retried before a stop comes back after it", async (stage) => {
  await stage.worker({ retries: [1] });
  await stage.publish(Array.from({ length: 300 }, (_, n) => ({ n, do: n % 2 ? "throw" : "ok" })));
  const program = stage.consume();
  await stage.untilWritten("begun", 100);
  program.signal("SIGTERM");
  assert.equal((await program.end()).code, 0);
  await stage.untilReady(300 - stage.ledgerOf("done", "n").length);
});

for (const { name, lose, left } of LOSSES) {
  stageTest(`SIGTERM ends a process whose broker ${name}, and loses nothing`, async (stage) => {
    await stage.worker({ maxConsumeSeconds: null });
    const file = `${stage.folder}/go`;
    await stage.publish([{ n: 0, do: "wait", file }, { n: 1 }]);
    const proxy = new Proxy(Number(new URL(stage.url).port));
    try {
      const program = stage.consume(["--drain"], { AMQP_URL: proxy.url(stage.url) });
      await stage.untilWritten("begun", 1);
      await lose(proxy);
      program.signal("SIGTERM");
      await program.untilLogged(/^Worker 0 disconnecting/);
      await stage.write("go", "");
      const { code, stdout } = await program.end(15);
      assert.deepEqual([code, stdout], [0, [
        "done 1, retried 0, failed 0, waiting for retry unknown",
      ]]);
      assert.deepEqual(stage.ledgerOf("done", "n"), [0]);
    } finally {
      await proxy[Symbol.asyncDispose]();
    }
    await stage.untilReady(left);
  });
}

stageTest("SIGUSR2 logs what the queue does, and changes nothing", async (stage) => {
  await stage.worker();
  const file = `${stage.folder}/go`;
  await stage.publish([{ do: "wait", file, n: 0 }, { n: 1 }]);
  const program = stage.consume();
  await stage.untilWritten("begun", 1);
  program.signal("SIGUSR2");
  const line = await program.untilLogged(/^Status of queue/);
  assert.equal(line["state"], "consuming");
  assert.equal(line["in_flight"], 2);
  assert.deepEqual([line["processed"], line["retried"], line["failed"]], [0, 0, 0]);
  assert.equal(typeof (line["running"] as { id: unknown }).id, "string");
  await stage.write("go", "");
  await stage.untilWritten("done", 2);
  program.signal("SIGTERM");
  assert.equal((await program.end()).code, 0);
});
