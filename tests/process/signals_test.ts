import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { assertWithin } from "../fixtures/pace.ts";
import { MAIN, Program } from "../fixtures/process/program.ts";
import { programTest, withFolder } from "../fixtures/process/program_fixture.ts";
import { until } from "../fixtures/until.ts";

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

programTest("SIGUSR1 drains, says so in Zulip's words and ends with 3", async (fixture) => {
  await fixture.worker();
  const file = `${fixture.folder}/go`;
  await fixture.publish([{ do: "wait", file }, {}]);
  const program = fixture.consume();
  await fixture.untilWritten("started", 1);
  program.signal("SIGUSR1");
  const line = await program.untilLogged(/^SIGUSR1 received\. Restarting this queue processor\.$/);
  assert.equal(line["level"], "warning");
  await program.untilLogged(/1 event is running and has/);
  await fixture.write("go", "");
  assert.equal((await program.end()).code, 3);
  assert.equal(fixture.ledgerOf("done", "do").length, 1);
  assert.equal(await fixture.client.ready(fixture.queue), 1);
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
