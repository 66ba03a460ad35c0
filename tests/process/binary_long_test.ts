/**
 * The compiled binary: what is in it, and that it does what the program does.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { readFileSync, statSync } from "node:fs";
import { dirname, parse } from "node:path";
import { VERSION } from "../../lib/system/version.ts";
import type { AttachedRabbitmq } from "../../scripts/rabbitmq.ts";
import { compileBundle } from "../../scripts/compile.ts";
import { run } from "../../scripts/compile/command.ts";
import { FakeSentry } from "../fixtures/monitoring/fake_sentry.ts";
import { assertWithin } from "../fixtures/pace.ts";
import {
  BINARY,
  binaryTest,
  Installed,
  isBinaryMissing,
  WORKER,
} from "../fixtures/process/binary.ts";
import { withFolder } from "../fixtures/process/program_fixture.ts";
import { until } from "../fixtures/until.ts";
import { postgresTest, rabbitmqTest } from "../servers.ts";

const LANES = new URL("../../lib/engine/executor/lanes.ts", import.meta.url);
/** The size of the binary in bytes, at most; its runtime alone is 92 MB. */
const MOST_BYTES = 105e6;
/** How often `--version` is measured. */
const STARTS = 11;

/** The queues that come with the program; those of mails are in binary_mail_long_test.ts. */
const BUILT_IN = [...Deno.readDirSync(new URL("../../workers/", import.meta.url))]
  .map(({ name }) => parse(name).name)
  .filter((name) => !name.startsWith("_") && !name.includes("email")).sort();
/** For each of them, an event that its worker takes. */
const EVENTS: Readonly<Record<string, object>> = {
  noop: {},
  noop_batch: {},
  test: { text: "hello" },
  user_activity: { user_profile_id: 1, client_id: 1, query: "x", time: 1_700_000_000 },
};

/** A worker that shows whether it has the program's own copies. */
const SHARER = `import { defineWorker, Discard, Fail } from "process-queue/worker";
import { z } from "zod";
import { sql } from "kysely";
import * as mini from "zod/mini";
const noop = new URL("../workers/noop.js", import.meta.resolve("process-queue/worker"));
const { default: builtIn } = await import(noop.href);
export default defineWorker({ queue: "sharer", event: mini.object({ do: z.string() }),
  async consume(event, ctx) {
    if (event.do === "discard") throw new Discard();
    if (event.do === "fail") throw new Fail("never again");
    await sql\`select 1\`.execute(await ctx.database());
    const isShared = builtIn.event.constructor === z.unknown().constructor;
    ctx.log.info("zod is {copies}", { copies: isShared ? "shared" : "here twice" });
  } });
`;

binaryTest("the binary prints its version and commit, and its help", async (installed) => {
  const [version = ""] = await installed.ok("--version");
  assert(version.startsWith(`process-queue ${VERSION} (`), version);
  assert.match(version, /\([^)]+\)$/);
  assert.match((await installed.ok("--help")).join("\n"), /--multi_threaded/);
});

Deno.test({ name: "the binary has at most 105 MB", ignore: isBinaryMissing, fn: checkSize });

function checkSize(): void {
  const { size } = statSync(BINARY);
  console.log(`the binary has ${(size / 1e6).toFixed(1)} MB`);
  assert(size <= MOST_BYTES, `${size} bytes`);
}

binaryTest("--version costs little more than the runtime, in time and memory", async () => {
  const empty = `${BINARY}-empty`;
  await Deno.mkdir(`${empty}.bundle`);
  await Deno.writeTextFile(`${empty}.bundle/main.js`, 'console.log("empty")');
  assert.equal(await compileBundle(`${empty}.bundle`, empty), undefined);
  const [runtime, version] = await costsOfVersion(empty, BINARY);
  console.log("the runtime", runtime, "--version", version);
  // A binary of the source took five times and twice as much as the runtime.
  assert(version.cpuMs <= runtime.cpuMs * 5 / 3);
  assert(version.peakMb <= runtime.peakMb * 4 / 3);
});

interface Cost {
  readonly cpuMs: number;
  readonly peakMb: number;
}

/**
 * What `--version` of two binaries costs at least, each in turn with the other; time of the
 * processor, as a busy machine changes that least.
 */
async function costsOfVersion(one: string, other: string): Promise<[Cost, Cost]> {
  const script = `
import os, sys
costs = {}
for _ in range(${STARTS}):
  for binary in sys.argv[1:]:
    quiet = [(os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)]
    child = os.posix_spawn(binary, [binary, "--version"], os.environ, file_actions=quiet)
    _, status, used = os.wait4(child, 0)
    assert status == 0
    costs.setdefault(binary, []).append((used.ru_utime + used.ru_stime, used.ru_maxrss))
for binary in sys.argv[1:]:
  print(min(cpu for cpu, _ in costs[binary]) * 1000, min(rss for _, rss in costs[binary]) / 1024)`;
  const { success, stdout } = await run("python3", ["-c", script, one, other], dirname(BINARY));
  assert(success, "python3 must be installed");
  const [first, second] = stdout.trim().split("\n").map((line) => {
    const [cpuMs = 0, peakMb = 0] = line.split(" ").map((text) => Math.round(Number(text)));
    return { cpuMs, peakMb };
  });
  assert(first && second);
  return [first, second];
}

binaryTest("the binary holds no package that only scripts import", async () => {
  const bytes = Buffer.from(await Deno.readFile(BINARY));
  assert(bytes.includes("ZodObject"), "it holds no zod");
  assert(!bytes.includes("createProgramDiagnostics"), "it holds the TypeScript compiler");
});

binaryTest("the binary renders mails, also from the operator's folder", async (installed) => {
  const names = (await installed.ok("mail", "preview")).map((line) => line.split(" ")[0]);
  assert(names.includes("password_reset") && names.length >= 19, names.join());
  for (const name of names) await installed.ok("mail", "preview", String(name), "--format", "html");
  const reset = ["mail", "preview", "password_reset", "--language", "de"];
  assert.match(
    (await installed.ok(...reset)).join("\n"),
    /Lege mit diesem Link ein neues Passwort/,
  );
  installed.env["TEMPLATES_DIR"] = installed.folder;
  Deno.writeTextFileSync(`${installed.folder}/password_reset.subject.txt`, "Our own");
  assert.equal((await installed.ok(...reset))[0], "Subject: Our own");
});

binaryTest("the binary restarts with --watch when a worker changes", async (installed) => {
  await using program = installed.start("--queue_name", "hello", "--watch");
  const lines = (text: RegExp) => program.stderr.filter((line) => text.test(line)).length;
  await program.until("it has started", () => lines(/connecting to queue hello/) === 1);
  const changed = WORKER.replaceAll("doing {what}", "changed {what}");
  Deno.writeTextFileSync(`${installed.folder}/workers/hello.js`, changed);
  await program.until("it has restarted", () => lines(/connecting to queue hello/) === 2);
  await installed.ok("publish", "hello", '{"do":"run"}');
  await program.until("a worker must not start programs", () => lines(/NotCapable/) > 0);
  assert(lines(/changed run/) === 1);
  program.signal("SIGTERM");
  assert.equal((await program.end()).code, 0);
});

binaryTest("the binary runs every built-in queue on the embedded broker", async (installed) => {
  await drainAll(installed);
});

if (!isBinaryMissing) rabbitmqTest("the binary runs every built-in queue on RabbitMQ", onRabbitmq);

async function onRabbitmq(server: AttachedRabbitmq): Promise<void> {
  const host = `binary-${crypto.randomUUID()}`;
  await server.ctl("add_vhost", host);
  try {
    await server.ctl("set_permissions", "-p", host, "guest", ".*", ".*", ".*");
    await withFolder((folder) => {
      return drainAll(new Installed(folder, { AMQP_URL: `${server.url}/${host}` }));
    });
  } finally {
    await server.ctl("delete_vhost", host);
  }
}

async function drainAll(installed: Installed): Promise<void> {
  for (const queue of BUILT_IN) await publish(installed, queue);
  const [named] = await installed.ok("--multi_threaded", ...BUILT_IN, "--drain");
  assert.equal(named, `done ${BUILT_IN.length}, retried 0, failed 0, waiting for retry 0`);
  await publish(installed, "user_activity");
  const [all] = await installed.ok("--all", "--drain");
  assert.equal(all, "done 1, retried 0, failed 0, waiting for retry 0");
}

async function publish(installed: Installed, queue: string): Promise<void> {
  const event = EVENTS[queue];
  assert(event, `no event is known here that the worker of ${queue} takes`);
  await installed.ok("publish", queue, JSON.stringify(event));
}

binaryTest("the binary runs a .js worker, and says where it threw", async (installed) => {
  await installed.ok("publish", "hello", '{"do": "throw"}');
  await using program = installed.start("--queue_name", "hello", "--drain");
  assert.deepEqual((await program.end()).stdout, [
    "done 0, retried 0, failed 1, waiting for retry 0",
  ]);
  const line = await program.untilLogged(/^Problem handling data on queue hello$/);
  const { stack } = line["error"] as { readonly stack: string };
  assert.match(stack, /workers\/hello\.js:6:\d+/);
  const lanes = readFileSync(LANES, "utf8")
    .split("\n").findIndex((text) => text.includes("this.#worker.consume(")) + 1;
  assert.match(stack, new RegExp(`-process-queue/lib/engine/executor/lanes\\.ts:${lanes}:`));
});

for (const way of [[], ["--inline"]]) {
  binaryTest(`own workers share the binary's modules ${way}`, async (installed) => {
    await Deno.writeTextFile(`${installed.folder}/workers/sharer.js`, SHARER);
    for (const name of ["discard", "fail", "compare"]) {
      await installed.ok("publish", "sharer", JSON.stringify({ do: name }));
    }
    await using program = installed.start("--queue_name", "sharer", "--drain", ...way);
    const { stdout } = await program.end();
    assert.deepEqual(stdout, ["done 2, retried 0, failed 1, waiting for retry 0"]);
    await program.untilLogged(/^zod is shared$/);
  });
}

binaryTest("every command runs in the binary", async (installed) => {
  await installed.ok("publish", "hello", '{"do": "throw"}');
  const [failed] = await installed.ok("--queue_name", "hello", "--drain", "--inline");
  assert.equal(failed, "done 0, retried 0, failed 1, waiting for retry 0");
  assert.match((await installed.ok("failed", "list", "hello")).join("\n"), /Error: line 6/);
  assert.match((await installed.ok("failed", "retry", "hello")).join("\n"), /^moved 1 event /);
  assert.match((await installed.ok("migrate")).join("\n"), /^applied 0001_user_activity$/m);
  assert.match((await installed.ok("check-config")).join("\n"), /^database: ok/m);
});

if (!isBinaryMissing) postgresTest("the binary migrates PostgreSQL and writes to it", onPostgres);

async function onPostgres({ url }: { readonly url: string }): Promise<void> {
  await withFolder(async (folder) => {
    const installed = new Installed(folder, { DATABASE_URL: url });
    assert.match((await installed.ok("migrate")).join("\n"), /0001_user_activity/);
    await publish(installed, "user_activity");
    const [last] = await installed.ok("--queue_name", "user_activity", "--drain");
    assert.equal(last, "done 1, retried 0, failed 0, waiting for retry 0");
  });
}

binaryTest("the binary sends errors to Sentry, with the lines of the source", async (installed) => {
  await using sentry = new FakeSentry();
  installed.env["SENTRY_DSN"] = sentry.dsn;
  await installed.ok("publish", "hello", '{"do": "throw"}');
  await installed.ok("--queue_name", "hello", "--drain");
  assert.match(sentry.text.join("\n"), /workers\/hello\.js/);
  assert.match(sentry.text.join("\n"), /lib\/engine\/executor\/lanes\.ts/);
});

binaryTest("the binary says what to do with a worker in TypeScript", async (installed) => {
  const typed = `const queue: string = "typed";\n${WORKER.replace('"hello"', "queue")}`;
  await Deno.writeTextFile(`${installed.folder}/workers/typed.ts`, typed);
  const { code, stderr } = await installed.run("--queue_name", "typed", "--drain");
  assert.equal(code, 1);
  assert.match(
    stderr.join("\n"),
    /\/workers\/typed\.ts does not load: SyntaxError: .*\. The binary takes plain JavaScript: make a \.js file of it by `deno transpile`/s,
  );
});

binaryTest("what deno transpile makes of a worker runs in the binary", async (installed) => {
  const typed = `const queue: string = "typed";\n${WORKER.replace('"hello"', "queue")}`;
  await Deno.mkdir(`${installed.folder}/typed`);
  await Deno.writeTextFile(`${installed.folder}/typed/typed.ts`, typed);
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["transpile", "--outdir", "workers", "typed/typed.ts"],
    cwd: installed.folder,
    stderr: "null",
  }).output();
  assert(success);
  installed.env["WORKERS_DIR"] = `${installed.folder}/workers/typed`;
  await installed.ok("publish", "typed", '{"do": "nothing"}');
  const [last] = await installed.ok("--queue_name", "typed", "--drain");
  assert.equal(last, "done 1, retried 0, failed 0, waiting for retry 0");
});

binaryTest("the binary starts no other programs", async (installed) => {
  await installed.ok("publish", "hello", '{"do": "run"}');
  await using program = installed.start("--queue_name", "hello", "--drain");
  assert.equal((await program.end()).stdout[0], "done 0, retried 0, failed 1, waiting for retry 0");
  const line = await program.untilLogged(/^Problem handling data on queue hello$/);
  const { name, message } = line["error"] as { readonly name: string; readonly message: string };
  assert.equal(name, "NotCapable");
  assert.match(message, /Requires run access to "\/bin\/true"/);
});

binaryTest("a second SIGTERM ends the binary at once", async (installed) => {
  await installed.ok("publish", "hello", '{"do": "hang"}');
  await using program = installed.start("--queue_name", "hello");
  await program.untilLogged(/^doing hang$/);
  program.signal("SIGTERM");
  await program.untilLogged(
    /^1 event is running and has 25 s to finish; a second signal releases it/,
  );
  const since = performance.now();
  // Within 300 ms it would be taken for the same one.
  await until("it is another one", () => performance.now() - since > 350);
  const began = performance.now();
  program.signal("SIGTERM");
  assert.equal((await program.end()).code, 0);
  await assertWithin(performance.now() - began, 8000, "a second SIGTERM");
});

binaryTest("--watch sees a worker that is added, in the binary too", async (installed) => {
  await using program = installed.start("--all", "--watch", "--log-format", "json");
  await program.untilLogged(/^2 queue worker threads were launched$/);
  const added = WORKER.replace('"hello"', '"added"');
  await Deno.writeTextFile(`${installed.folder}/workers/added.js`, added);
  await program.untilLogged(/^3 queue worker threads were launched$/);
  program.signal("SIGTERM");
  assert.equal((await program.end()).code, 0);
});

binaryTest(
  "a thread of the binary that cannot be ended goes with the process",
  async (installed) => {
    installed.env["PQ_HELLO_MAX_CONSUME_SECONDS"] = "1";
    installed.env["ABORT_GRACE_SECONDS"] = "1";
    await installed.ok("publish", "hello", '{"do": "loop"}');
    await using program = installed.start("--multi_threaded", "hello", "noop");
    const { message } = await program.untilLogged(/^This runtime has no Web Locks/);
    assert.match(message, /the process is then restarted\. Use Deno 2\.9 or later$/);
    await program.untilLogged(/^The worker of hello did not return .* its thread is ended/);
    await program.untilLogged(/^A thread of hello cannot be ended, .* asks to be restarted$/);
    assert.equal((await program.end()).code, 3);
    assert.equal(program.log.filter((line) => line.message === message).length, 1);
    const [last] = await installed.ok("--queue_name", "hello", "--drain");
    assert.equal(last, "done 0, retried 0, failed 0, waiting for retry 0");
  },
);

for (const [signal, code] of [["SIGTERM", 0], ["SIGINT", 0], ["SIGUSR1", 3]] as const) {
  binaryTest(`${signal} drains the binary, which ends with ${code}`, async (installed) => {
    await installed.ok("publish", "hello", '{"do": "wait"}');
    await using program = installed.start("--queue_name", "hello");
    await program.untilLogged(/^doing wait$/);
    program.signal(signal);
    assert.equal((await program.end()).code, code);
    assert(program.log.some(({ message }) => message === "done"));
  });
}

binaryTest("SIGTSTP, SIGCONT and SIGUSR2 do what they do elsewhere", async (installed) => {
  await using program = installed.start("--queue_name", "hello");
  await until("it has started", () => program.stderr.length > 0);
  await until("it consumes", () => {
    program.signal("SIGUSR2");
    return program.log.some((line) => line["state"] === "consuming");
  });
  program.signal("SIGTSTP");
  await program.untilLogged(/^Taking no more events/);
  await installed.ok("publish", "hello", '{"do": "go on"}');
  program.signal("SIGCONT");
  await program.untilLogged(/^done$/);
});

binaryTest(
  "the binary ends with 2 for a wrong command line, 1 where it fails",
  async (installed) => {
    assert.equal((await installed.run("--queue_name", "helo")).code, 2);
    installed.env["AMQP_URL"] = "amqp://me:sesame@127.0.0.1:1";
    installed.env["BROKER_WAIT_SECONDS"] = "0";
    assert.equal((await installed.run("--queue_name", "hello")).code, 1);
  },
);
