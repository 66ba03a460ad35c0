/**
 * The compiled binary: what is in it, what it costs, and that it does what the program does.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { statSync } from "node:fs";
import { dirname, parse } from "node:path";
import { VERSION } from "../../lib/system/version.ts";
import { compileBundle } from "../../scripts/compile.ts";
import { run } from "../../scripts/compile/command.ts";
import type { AttachedRabbitmq } from "../../scripts/rabbitmq.ts";
import { BINARY, binaryTest, Installed, isBinaryMissing } from "../fixtures/process/binary.ts";
import { withFolder } from "../fixtures/process/program_fixture.ts";
import { postgresTest, rabbitmqTest } from "../servers.ts";

/**
 * The size of the binary in bytes, at most. Its runtime alone is 92 MB, ImageMagick 5 MB, the compiler
 * of workers in TypeScript 4 MB, and source maps 4 MB.
 */
const MOST_BYTES = 114e6;
/** How often `--version` is measured. */
const STARTS = 11;

/** The queues that come with the program; those that send mails are in binary_mail_long_test.ts. */
const BUILT_IN = [...Deno.readDirSync(new URL("../../workers/", import.meta.url))]
  .map(({ name }) => parse(name).name)
  .filter((name) => !name.startsWith("_") && !name.endsWith("email_senders")).sort();
/** A message for a bot that does not exist. */
const BOT_EVENT = {
  user_profile_id: 1,
  trigger: "mention",
  message: {
    ...{ id: 1, sender_id: 2, content: "Hello", timestamp: 1_700_000_000, subject: "greetings" },
    ...{ sender_full_name: "Iago", sender_email: "iago@zulip.example" },
    ...{ type: "stream", stream_id: 1, display_recipient: "general" },
  },
};

/** For each of them, an event that its worker takes. */
const EVENTS: Readonly<Record<string, object>> = {
  deferred_work: { type: "mark_stream_messages_as_read_for_everyone", stream_recipient_id: 1 },
  digest_emails: { user_ids: [1], cutoff: "1700000000" },
  email_mirror: {
    rcpt_to: "nobody@mirror.example",
    msg_base64: btoa("From: a@example.com\r\nSubject: x\r\n\r\nHello\r\n"),
  },
  embedded_bots: BOT_EVENT,
  embed_links: {
    ...{ message_id: 1, message_content: "", message_realm_id: 1 },
    urls: ["https://example.com/"],
  },
  missedmessage_emails: { user_profile_id: 1, message_id: 1, trigger: "mentioned" },
  missedmessage_mobile_notifications: { user_profile_id: 1, message_id: 1, trigger: "mentioned" },
  noop: {},
  noop_batch: {},
  outgoing_webhooks: BOT_EVENT,
  soft_reactivation: { user_profile_id: 1 },
  test: { text: "hello" },
  thumbnail: { id: 1 },
  user_activity: { user_profile_id: 1, client_id: 1, query: "x", time: 1_700_000_000 },
  user_activity_interval: { user_profile_id: 1, time: 1_700_000_000 },
};

binaryTest("the binary prints its version and commit, and its help", async (installed) => {
  const [version = ""] = await installed.ok("--version");
  assert(version.startsWith(`process-queue ${VERSION} (`), version);
  assert.match(version, /\([^)]+\)$/);
  assert.match((await installed.ok("--help")).join("\n"), /--multi_threaded/);
});

binaryTest("the binary leaves nothing in the folder for temporary files", async (installed) => {
  const folder = `${installed.folder}/temporary`;
  await Deno.mkdir(folder);
  installed.env["TMPDIR"] = folder;
  await installed.ok("publish", "noop", "{}");
  await installed.ok("--queue_name", "noop", "--drain");
  assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), []);
});

Deno.test({ name: "the binary has at most 114 MB", ignore: isBinaryMissing, fn: checkSize });

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
  // The runtime reads all files that are not code at its start, so ImageMagick counts here.
  assert(version.cpuMs <= runtime.cpuMs * 5 / 2);
  assert(version.peakMb <= runtime.peakMb * 3 / 2);
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
  installed.env["LOCAL_UPLOADS_DIR"] = `${installed.folder}/uploads`;
  installed.env["EMAIL_GATEWAY_PATTERN"] = "%s@mirror.example";
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

binaryTest("every command runs in the binary", async (installed) => {
  await installed.ok("publish", "hello", '{"do": "throw"}');
  const [failed] = await installed.ok("--queue_name", "hello", "--drain", "--inline");
  assert.equal(failed, "done 0, retried 0, failed 1, waiting for retry 0");
  assert.match((await installed.ok("failed", "list", "hello")).join("\n"), /Error: line 6/);
  assert.match(
    (await installed.ok("failed", "retry", "hello", "--all", "--yes")).join("\n"),
    /^1 of 1 event put back/,
  );
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

binaryTest(
  "the binary ends with 2 for a wrong command line, 1 where it fails",
  async (installed) => {
    assert.equal((await installed.run("--queue_name", "helo")).code, 2);
    installed.env["AMQP_URL"] = "amqp://me:sesame@127.0.0.1:1";
    installed.env["BROKER_WAIT_SECONDS"] = "0";
    assert.equal((await installed.run("--queue_name", "hello")).code, 1);
  },
);

binaryTest("the binary answers commands and HTTP", async (installed) => {
  await using program = installed.start("--queue_name", "hello", "--http", "0");
  const { address } = await program.untilLogged(/^HTTP listens on/);
  await program.until("it is ready", async () => {
    return (await installed.run("health", "--ready")).code === 0;
  });
  assert.equal(await (await fetch(`${address}/livez`)).text(), "ok\n");
  const metrics = await (await fetch(`${address}/metrics`)).text();
  assert.match(metrics, /^process_queue_build_info\{version="[^"]+",revision="[\w+]+",/m);
  const paused = `hello: paused in process ${program.pid}`;
  assert.deepEqual(await installed.ok("pause", "hello", "--yes"), [paused]);
  const [, , queue] = await installed.ok("status");
  assert.match(queue ?? "", /^ {2}hello {2}paused by /);
  program.signal("SIGTERM");
  assert.equal((await program.end()).code, 0);
});
