/**
 * What the program tells systemd, and the files by which systemd starts it.
 *
 * @module
 */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { loadConfig } from "../../lib/config/config.ts";
import { findSockets } from "../../lib/server/control_folder.ts";
import {
  type ProgramFixture,
  programTest,
  withFolder,
} from "../fixtures/process/program_fixture.ts";
import { Proxy } from "../fixtures/rabbitmq/proxy.ts";
import { until } from "../fixtures/until.ts";

const UNITS = fileURLToPath(new URL("../../scripts/systemd/", import.meta.url));
/** Short enough for a test: a message every 100 ms. */
const WATCHDOG_USEC = "200000";

const BROKER_AWAY = "STATUS=1 queue, not consumed: the broker is unavailable";

/** systemd's end of the socket. */
class Systemd implements Disposable {
  readonly messages: string[] = [];
  readonly env: Record<string, string>;
  readonly #socket: Deno.DatagramConn;

  constructor(path: string, name = path) {
    this.#socket = Deno.listenDatagram({ transport: "unixpacket", path });
    this.env = { NOTIFY_SOCKET: name, WATCHDOG_USEC };
    void this.#listen();
  }

  /** The number of messages that the service is well. */
  get fed(): number {
    return this.messages.filter((message) => message === "WATCHDOG=1").length;
  }

  /** All other messages. */
  get told(): string[] {
    return this.messages.filter((message) => message !== "WATCHDOG=1");
  }

  async untilTold(message: string): Promise<void> {
    await until(`systemd gets ${message}`, () => this.messages.includes(message));
  }

  /** Waits for three more messages that the service is well. */
  async untilFed(): Promise<void> {
    const enough = this.fed + 3;
    await until("systemd gets three more watchdog messages", () => this.fed >= enough);
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }

  async #listen(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const [bytes] of this.#socket) this.messages.push(decoder.decode(bytes));
  }
}

function systemd(fixture: ProgramFixture): Systemd {
  return new Systemd(`${fixture.folder}/notify`);
}

programTest(
  "systemd gets a message when the queues are consumed, and when that ends",
  async (fixture) => {
    await fixture.worker();
    using service = systemd(fixture);
    const program = fixture.start(["--multi_threaded", fixture.queue, "noop"], service.env);
    await service.untilTold("READY=1");
    const [socket] = findSockets(`${fixture.folder}/state`);
    assert.equal(socket?.pid, program.pid, "the control socket is open");
    assert.equal((await fixture.client.channel.checkQueue(fixture.queue)).consumerCount, 1);
    await service.untilTold("STATUS=2 queues");
    await service.untilFed();
    program.signal("SIGTERM");
    assert.equal((await program.end()).code, 0);
    assert.equal(service.told.at(-1), "STOPPING=1");
  },
);

programTest("an abstract socket works, and SIGUSR1 is reported as reloading", async (fixture) => {
  await fixture.worker();
  const name = `pq-${crypto.randomUUID()}`;
  using service = new Systemd(`\0${name}`, `@${name}`);
  const program = fixture.consume([], service.env);
  await service.untilTold("READY=1");
  program.signal("SIGUSR1");
  assert.equal((await program.end()).code, 3);
  await service.untilTold("STOPPING=1");
  assert.deepEqual(service.told.slice(-2), ["RELOADING=1", "STOPPING=1"]);
});

programTest(
  "a queue that is parked is named in the status, and the watchdog goes on",
  async (fixture) => {
    await fixture.worker();
    await fixture.write(`workers/${fixture.queue}b.ts`, "throw new Error('not today');");
    using service = systemd(fixture);
    fixture.start(["--multi_threaded", fixture.queue, `${fixture.queue}b`], {
      ...service.env,
      MAX_RESTARTS: "0",
    });
    await service.untilTold("READY=1");
    await service.untilTold(`STATUS=2 queues, ${fixture.queue}b parked`);
    await service.untilFed();
  },
);

programTest("the watchdog goes on while the broker is away", async (fixture) => {
  await fixture.worker();
  using service = systemd(fixture);
  const proxy = new Proxy(Number(new URL(fixture.url).port));
  try {
    const env = { ...service.env, AMQP_URL: proxy.url(fixture.url) };
    const program = fixture.consume([], env);
    await service.untilTold("READY=1");
    await proxy[Symbol.asyncDispose]();
    await program.untilLogged(/connection/i);
    await service.untilTold(BROKER_AWAY);
    await service.untilFed();
  } finally {
    await proxy[Symbol.asyncDispose]();
  }
});

programTest(
  "a restart is reported, too, while the program waits for its broker",
  async (fixture) => {
    await fixture.worker();
    using service = systemd(fixture);
    const program = fixture.consume([], {
      ...service.env,
      AMQP_URL: "amqp://me:sesame@127.0.0.1:1",
    });
    await service.untilTold(BROKER_AWAY);
    await service.untilFed();
    program.signal("SIGUSR1");
    assert.equal((await program.end()).code, 3);
    await service.untilTold("STOPPING=1");
    assert.deepEqual(service.told, [BROKER_AWAY, "RELOADING=1", "STOPPING=1"]);
  },
);

programTest(
  "a queue that takes no events for now is named in the status",
  async (fixture) => {
    await fixture.worker();
    using service = systemd(fixture);
    const program = fixture.consume([], service.env);
    await service.untilTold("READY=1");
    program.signal("SIGTSTP");
    await service.untilTold(`STATUS=1 queue, ${fixture.queue} quiet`);
    program.signal("SIGCONT");
    await until("it is well again", () => service.told.at(-1) === "STATUS=1 queue");
  },
);

programTest("a blocked main thread sends no watchdog messages", async (fixture) => {
  await fixture.worker();
  using service = systemd(fixture);
  fixture.options.push("--inline");
  fixture.consume([], service.env);
  await service.untilTold("READY=1");
  await service.untilFed();
  await fixture.publish([{ do: "loop" }]);
  await fixture.untilWritten("started", 1);
  let before = -1;
  await until("it is silent for twice the time", async () => {
    before = service.fed;
    await new Promise((resolve) => setTimeout(resolve, 2 * Number(WATCHDOG_USEC) / 1000));
    return service.fed === before;
  });
});

programTest("--lock lets one of two runs do nothing, with 0 and one line", async (fixture) => {
  await fixture.worker();
  await fixture.publish([{ n: 0 }]);
  const lock = `${fixture.folder}/lock`;
  const first = fixture.consume(["--lock", lock]);
  await fixture.untilWritten("done", 1);
  const cron = ["--drain", "--log-level", "warning", "--lock", lock];
  const { code, stdout, stderr } = await fixture.consume(cron).end();
  const line = `Another process holds ${lock}: nothing to do`;
  assert.deepEqual([code, stdout, stderr], [0, [line], []]);
  first.signal("SIGKILL");
  await first.end();
  assert.equal((await fixture.consume(["--drain", "--lock", lock]).end()).code, 0);
});

programTest("--lock names a file that cannot be made", async (fixture) => {
  await fixture.worker();
  const { code, stderr } = await fixture.run([
    "--queue_name",
    fixture.queue,
    "--lock",
    "/nowhere/x",
  ]);
  assert.equal(code, 2);
  assert.match(
    stderr.join("\n"),
    /^process-queue: --lock \/nowhere\/x cannot be opened: .*\. Name a file in a folder that exists/,
  );
});

/** What a stop waits for at most beyond its grace, one after another: where each limit stands. */
const LIMITS: readonly (readonly [file: string, name: string, times?: number])[] = [
  // What runs in a thread beyond its grace.
  ["lib/engine/thread/responsiveness.ts", "BLOCKED_MS"],
  // Ending a thread, and seeing that it is gone: one that a stop ends early, and one at the end.
  ["lib/engine/thread/worker_thread.ts", "TERMINATE_MS", 2],
  ["lib/engine/thread/liveness_lock.ts", "ZOMBIE_MS", 2],
  // The broker's last deliveries, and its close.
  ["lib/engine/consumer/consumer.ts", "LEAVE_MS", 2],
  ["lib/engine/consumer/ending/copies.ts", "CONFIRM_MS"],
  ["lib/engine/supervisor/queue_runner.ts", "CLOSE_MS"],
  ["lib/modes/run/status.ts", "SUMMARY_MS"],
  // The embedded broker, which waits the longest for others.
  ["lib/engine/broker/sqlite/file.ts", "PATIENCE_MS"],
  // Sentry and files of statistics, then the readers of the log.
  ["lib/modes/run/process_run.ts", "FLUSH_MS"],
  ["lib/log/standard_outputs.ts", "FLUSH_MS"],
];

function limitMs([file, name, times = 1]: (typeof LIMITS)[number]): number {
  const source = Deno.readTextFileSync(new URL(`../../${file}`, import.meta.url));
  const [, number] = new RegExp(`const ${name} = ([\\d_]+);`).exec(source) ?? [];
  assert(number, `${name} is not in ${file}`);
  return Number(number.replaceAll("_", "")) * times;
}

for (const unit of ["process-queue.service", "process-queue@.service"]) {
  Deno.test(`${unit} gives a stop the time it may take`, async () => {
    const limit = LIMITS.map(limitMs).reduce((sum, ms) => sum + ms, 0) / 1000;
    const text = await Deno.readTextFile(`${UNITS}${unit}`);
    const given = Number(/^TimeoutStopSec=(\d+)$/m.exec(text)?.[1]);
    const { stopGraceSeconds } = loadConfig({});
    assert(given > stopGraceSeconds + limit, `${given} s for ${stopGraceSeconds} + ${limit} s`);
    const said = Number(/it can take to close everything \((\d+)\)/.exec(text)?.[1]);
    assert.equal(said, Math.ceil(limit));
  });
}

for (const unit of ["process-queue.service", "process-queue@.service"]) {
  // Without systemd there is nothing that checks them.
  const ignore = !existsSync("/usr/bin/systemd-analyze");
  Deno.test({ name: `systemd takes ${unit}`, ignore, fn: () => verify(unit) });
}

async function verify(unit: string): Promise<void> {
  await withFolder(async (folder) => {
    const text = await Deno.readTextFile(`${UNITS}${unit}`);
    assert.match(text, /^RestartForceExitStatus=3$/m);
    // Without it, the addresses of this host cannot be listed, by which HTTP requests may name it.
    assert.match(text, /^RestrictAddressFamilies=.*\bAF_NETLINK\b/m);
    const name = unit.replace("@.", "@user_activity.");
    // The program is not installed here.
    const here = text.replace("/usr/local/bin/process-queue", "/bin/true");
    await Deno.writeTextFile(`${folder}/${name}`, here);
    const { success, stderr } = await new Deno.Command("systemd-analyze", {
      args: ["verify", "--man=no", `${folder}/${name}`],
      stdout: "null",
      stderr: "piped",
    }).output();
    const said = new TextDecoder().decode(stderr).split("\n").filter((line) => line.includes(name));
    assert.deepEqual([success, said], [true, []]);
  });
}
