import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { assertWithin } from "../fixtures/pace.ts";
import { MAIN, Program } from "../fixtures/process/program.ts";
import { programTest, withFolder } from "../fixtures/process/program_fixture.ts";
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

const NOWHERE = "amqp://me:sesame@127.0.0.1:1";

for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
  programTest(
    `${signal} lets the running event finish, releases the others and ends with 0`,
    async (fixture) => {
      await fixture.worker();
      const file = `${fixture.folder}/go`;
      await fixture.publish([{ do: "wait", file, n: 0 }, { n: 1 }, { n: 2 }]);
      const program = fixture.consume();
      await fixture.untilWritten("started", 1);
      program.signal(signal);
      await program.untilLogged(/^Worker 0 disconnecting from queue/);
      await fixture.untilReady(2);
      await fixture.write("go", "");
      const { code } = await program.end();
      assert.equal(code, 0);
      assert.deepEqual(fixture.ledgerOf("done", "n"), [0]);
      assert.equal(await fixture.client.ready(fixture.queue), 2);
    },
  );
}

programTest(
  "SIGQUIT releases the running event at once, uncounted, and ends with 0",
  async (fixture) => {
    await fixture.worker();
    await fixture.publish([{ do: "rejectOnAbort", n: 0 }, { n: 1 }]);
    const program = fixture.consume();
    await fixture.untilWritten("started", 1);
    program.signal("SIGQUIT");
    // The time to finish is 25 s.
    assert.equal((await program.end(15)).code, 0);
    assert.equal(await fixture.client.ready(fixture.queue), 2);
  },
);

const IGNORED: readonly [how: string, script: string, signal: Deno.Signal][] = [
  ["nohup", 'exec nohup "$0" "$@"', "SIGHUP"],
  ["nohup", 'exec nohup "$0" "$@" --watch --log-format json', "SIGHUP"],
  ["a script in the background", 'trap "" INT QUIT; exec "$0" "$@"', "SIGINT"],
  ["a script in the background", 'trap "" INT QUIT; exec "$0" "$@"', "SIGQUIT"],
];

/** The process that runs a queue, as its statistics say. */
async function pidIn(file: string): Promise<number> {
  const pid = () => existsSync(file) && JSON.parse(Deno.readTextFileSync(file)).pid;
  await until("there are statistics", pid);
  return pid();
}

for (const [how, script, signal] of IGNORED) {
  const isWatched = script.includes("--watch");
  const watched = isWatched ? " with --watch" : "";
  Deno.test(`a program that ${how} starts${watched} goes on after ${signal}`, () =>
    withFolder(async (cwd) => {
      const command = ["run", "-A", "--quiet", MAIN, "--queue_name", "noop"];
      const shell = ["-c", script, Deno.execPath(), ...command];
      await using program = Program.startBinary("/bin/sh", shell, { cwd });
      const statuses = () => program.log.filter(({ message }) => /^Status of queue/.test(message));
      await program.untilLogged(/^Worker 0 connecting to queue/);
      if (isWatched) Deno.kill(await pidIn(`${cwd}/var/stats/noop.stats`), signal);
      else program.signal(signal);
      program.signal("SIGUSR2");
      await until("the first status", () => statuses().length === 1);
      program.signal("SIGUSR2");
      await until("the second status", () => statuses().length === 2);
      assert(!program.log.some(({ message }) => /disconnecting/.test(message)));
      program.signal("SIGTERM");
      assert.equal((await program.end()).code, 0);
    }));
}

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

programTest("SIGUSR1 drains, says so in Zulip's words and ends with 3", async (fixture) => {
  await fixture.worker();
  const file = `${fixture.folder}/go`;
  await fixture.publish([{ do: "wait", file }, {}]);
  const program = fixture.consume();
  await fixture.untilWritten("started", 1);
  program.signal("SIGUSR1");
  const line = await program.untilLogged(/^SIGUSR1 received\. Restarting this queue processor\.$/);
  assert.equal(line["level"], "warning");
  await fixture.write("go", "");
  assert.equal((await program.end()).code, 3);
  assert.equal(fixture.ledgerOf("done", "do").length, 1);
  assert.equal(await fixture.client.ready(fixture.queue), 1);
});

programTest("SIGTSTP stops taking events until SIGCONT", async (fixture) => {
  await fixture.worker();
  await fixture.publish([{ n: 0 }]);
  const program = fixture.consume();
  await fixture.untilWritten("done", 1);
  program.signal("SIGTSTP");
  await program.untilLogged(/^Taking no more events/);
  await until("nobody consumes", async () => {
    return (await fixture.client.channel.checkQueue(fixture.queue)).consumerCount === 0;
  });
  await fixture.publish([{ n: 1 }]);
  assert.equal(await fixture.client.ready(fixture.queue), 1);
  program.signal("SIGCONT");
  await fixture.untilWritten("done", 2);
  program.signal("SIGTERM");
  assert.equal((await program.end()).code, 0);
});

programTest("SIGTSTP while the worker is set up holds from its first event on", async (fixture) => {
  const setup = `${fixture.folder}/set-up`;
  await fixture.worker({ setup });
  const program = fixture.consume();
  await program.untilLogged(/^Waiting for/);
  program.signal("SIGTSTP");
  await program.untilLogged(/^Taking no more events/);
  await fixture.write("set-up", "");
  // The program makes the queue when it starts to consume.
  await until("the queue is there", () => fixture.client.ready(fixture.queue).then((n) => n === 0));
  await fixture.publish([{}]);
  assert.equal((await fixture.client.channel.checkQueue(fixture.queue)).consumerCount, 0);
  program.signal("SIGCONT");
  await fixture.untilWritten("done", 1);
  assert.equal(program.log.at(-1)?.message, `Taking events from queue ${fixture.queue} again`);
  program.signal("SIGTERM");
  assert.equal((await program.end()).code, 0);
});

programTest("no event runs before the worker is set up, also after SIGCONT", async (fixture) => {
  await fixture.worker({ setup: `${fixture.folder}/set-up` });
  await fixture.publish([{}]);
  const program = fixture.consume();
  await program.untilLogged(/^Waiting for/);
  program.signal("SIGTSTP");
  await program.untilLogged(/^Taking no more events/);
  program.signal("SIGCONT");
  await program.untilLogged(/^Taking events from queue .* again$/);
  assert.equal((await fixture.client.channel.checkQueue(fixture.queue)).consumerCount, 0);
  await fixture.write("set-up", "");
  await fixture.untilWritten("done", 1);
  program.signal("SIGTERM");
  assert.equal((await program.end()).code, 0);
});

for (const [signal, code] of [["SIGTERM", 0], ["SIGINT", 0], ["SIGUSR1", 3]] as const) {
  programTest(
    `${signal} ends a process that waits for its broker with ${code}`,
    async (fixture) => {
      await fixture.worker();
      const program = fixture.consume([], { AMQP_URL: NOWHERE });
      await program.untilLogged(/^Worker 0 connecting to queue/);
      const began = performance.now();
      program.signal(signal);
      assert.equal((await program.end()).code, code);
      await assertWithin(performance.now() - began, 1000, signal);
    },
  );

  programTest(
    `${signal} ends a process whose worker is being set up with ${code}`,
    async (fixture) => {
      await fixture.worker({ setup: `${fixture.folder}/never` });
      const program = fixture.consume();
      await program.untilLogged(/^Waiting for/);
      const began = performance.now();
      program.signal(signal);
      assert.equal((await program.end()).code, code);
      await assertWithin(performance.now() - began, 1000, signal);
      assert.deepEqual([...Deno.readDirSync(`${fixture.folder}/state/journal`)], []);
    },
  );
}

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

programTest("SIGUSR2 logs what the queue does, and changes nothing", async (fixture) => {
  await fixture.worker();
  const file = `${fixture.folder}/go`;
  await fixture.publish([{ do: "wait", file, n: 0 }, { n: 1 }]);
  const program = fixture.consume();
  await fixture.untilWritten("started", 1);
  program.signal("SIGUSR2");
  const line = await program.untilLogged(/^Status of queue/);
  assert.equal(line["state"], "consuming");
  assert.equal(line["in_flight"], 2);
  assert.deepEqual([line["processed"], line["retried"], line["failed"]], [0, 0, 0]);
  assert.equal(typeof (line["running"] as { id: unknown }).id, "string");
  await fixture.write("go", "");
  await fixture.untilWritten("done", 2);
  program.signal("SIGTERM");
  assert.equal((await program.end()).code, 0);
});
