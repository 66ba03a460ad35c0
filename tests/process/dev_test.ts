/**
 * `deno task dev`: all queues, begun anew when a file changes.
 *
 * @module
 */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { type LogLine, Program } from "../fixtures/process/program.ts";
import { hostTest } from "../fixtures/process/stage.ts";
import { until } from "../fixtures/until.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const RELOADS = 30;
/** Memory may grow by so much over all reloads, in MB: the code that is loaded anew each time. */
const MOST_GROWTH_MB = 150;

/** What a process holds. */
interface Held {
  readonly threads: number;
  readonly files: number;
  readonly sockets: number;
  readonly rssMb: number;
}

/** How the task is started. */
interface WorkshopOptions {
  /** Options that name queues. @default {["--all"]} */
  readonly queues?: readonly string[];
  /** The workers' folder; only the default is there at the start. @default {"mine"} */
  readonly workersDir?: string;
  /** RabbitMQ's address. @default {the embedded broker} */
  readonly url?: string;
  /** How it logs. @default {["--log-format", "json"]} */
  readonly log?: readonly string[];
  /** The source of the worker of `first`. @default {one that logs `first 1`} */
  readonly first?: string;
}

/** A copy of the program, and a folder of workers, in a folder of their own. */
class Workshop implements AsyncDisposable {
  readonly folder: string;
  /** The workers' folder, in that. */
  readonly workersDir: string;
  readonly program: Program;
  readonly #env: Record<string, string>;

  private constructor(
    folder: string,
    args: readonly string[],
    { workersDir = "mine", url }: WorkshopOptions,
  ) {
    this.folder = folder;
    this.workersDir = workersDir;
    this.#env = url === undefined ? {} : { AMQP_URL: url };
    this.program = Program.startDeno([...args, "--workers-dir", workersDir], {
      cwd: folder,
      env: this.#env,
    });
  }

  /** Starts the task. */
  static async open(options: WorkshopOptions = {}): Promise<Workshop> {
    const { queues = ["--all"], log = ["--log-format", "json"], first } = options;
    const folder = await Deno.makeTempDir({ prefix: "pq-dev-" });
    for (const name of ["main.ts", "deno.json", "deno.lock", "lib", "workers"]) {
      await copy(`${ROOT}${name}`, `${folder}/${name}`);
    }
    await Deno.mkdir(`${folder}/mine`);
    await writeWorker(`${folder}/mine`, "first", "first 1", first);
    const { tasks } = JSON.parse(await Deno.readTextFile(`${folder}/deno.json`));
    const [, ...all] = tasks.dev.command.split(" ");
    const args = all.flatMap((arg: string) => arg === "--all" ? queues : [arg]);
    const workshop = new Workshop(folder, [...args, ...log], options);
    await workshop.program.until("it has begun", () => {
      return workshop.program.stderr.some((line) => /were launched|connecting to/.test(line));
    });
    return workshop;
  }

  /** Writes a worker that logs a text for each event, or other source. */
  async worker(queue: string, text: string, source?: string): Promise<void> {
    await writeWorker(`${this.folder}/${this.workersDir}`, queue, text, source);
  }

  /** Publishes an event, by a program of its own. */
  async publish(queue: string, event: object): Promise<void> {
    const args = ["publish", queue, JSON.stringify(event), "--workers-dir", this.workersDir];
    await using program = Program.startDeno(["run", "-A", "--quiet", "main.ts", ...args], {
      cwd: this.folder,
      env: this.#env,
    });
    assert.equal((await program.end()).code, 0);
  }

  /** Publishes until a handler has logged a text: a reload may be under way. */
  async untilHandled(queue: string, text: string): Promise<void> {
    await this.publish(queue, {});
    await this.program.untilLogged(new RegExp(`^${text}$`));
  }

  /** Waits until the threads were launched so many times. */
  async untilStarted(times: number): Promise<void> {
    await this.untilLines(times, /were launched$/);
  }

  /** Waits until so many lines of the log say something. */
  async untilLines(count: number, message: RegExp): Promise<void> {
    await this.program.until(`it logged ${message} ${count} times`, () => {
      return this.lines(message).length >= count;
    });
  }

  /** The lines of the log that say something. */
  lines(message: RegExp): LogLine[] {
    return this.program.log.filter((line) => message.test(line.message));
  }

  /** What the process holds. */
  get held(): Held {
    const proc = `/proc/${this.program.pid}`;
    const tasks = [...Deno.readDirSync(`${proc}/task`)].map(({ name }) => {
      return textOf(`${proc}/task/${name}/comm`);
    });
    const files = [...Deno.readDirSync(`${proc}/fd`)];
    const rss = /VmRSS:\s+(\d+)/.exec(Deno.readTextFileSync(`${proc}/status`))?.[1];
    return {
      threads: tasks.filter((name) => name.startsWith("worker-")).length,
      files: files.length,
      sockets: files.filter(({ name }) => isSocket(`${proc}/fd/${name}`)).length,
      rssMb: Number(rss) / 1024,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.program[Symbol.asyncDispose]();
    await Deno.remove(this.folder, { recursive: true });
  }
}

Deno.test("dev: what is changed, added, broken and mended is seen, and Ctrl-C ends it", async () => {
  await using workshop = await Workshop.open();
  const { program } = workshop;
  await workshop.untilHandled("first", "first 1");
  await workshop.worker("first", "first 2");
  await workshop.untilStarted(2);
  await workshop.untilHandled("first", "first 2");
  await workshop.worker("second", "second 1");
  await workshop.untilStarted(3);
  await workshop.untilHandled("second", "second 1");
  await workshop.worker("second", "", "export default {{");
  await program.untilLogged(/^The worker of second did not start: it waits for a change of/);
  await workshop.untilStarted(4);
  await workshop.worker("first", "first 3");
  await workshop.untilStarted(5);
  await workshop.untilHandled("first", "first 3");
  await workshop.worker("second", "second 2");
  await workshop.untilStarted(6);
  await workshop.untilHandled("second", "second 2");
  const began = performance.now();
  program.signal("SIGINT");
  await program.end(5);
  assert(performance.now() - began < 2000);
});

Deno.test("dev: a file that a worker could not find is seen when it comes", async () => {
  await using workshop = await Workshop.open();
  const { program, folder } = workshop;
  await workshop.worker("second", "", importing("./sub/helper.ts"));
  await program.untilLogged(/^The worker of second did not start: it waits for a change of/);
  await Deno.mkdir(`${folder}/mine/sub`);
  await Deno.writeTextFile(`${folder}/mine/sub/helper.ts`, `export const text = "helped";`);
  await workshop.untilHandled("second", "helped");
});

Deno.test("dev: a workers' folder that is made after the start is seen", async () => {
  await using workshop = await Workshop.open({ workersDir: "my/own" });
  const { program, folder } = workshop;
  await Deno.mkdir(`${folder}/my`);
  await Deno.mkdir(`${folder}/my/own`);
  await workshop.worker("second", "second 1");
  await workshop.untilStarted(2);
  await workshop.untilHandled("second", "second 1");
  await Deno.rename(`${folder}/my/own`, `${folder}/my/gone`);
  await program.until("it is gone", () => workshop.lines(/were launched$/).at(-1)?.["count"] === 1);
  await Deno.rename(`${folder}/my/gone`, `${folder}/my/own`);
  await program.until("it is back", () => workshop.lines(/were launched$/).at(-1)?.["count"] === 2);
});

Deno.test("dev: a queue whose file is gone for a while stays as it was", async () => {
  await using workshop = await Workshop.open({ queues: ["--queue_name", "first"] });
  const { program, folder } = workshop;
  await workshop.untilHandled("first", "first 1");
  await Deno.rename(`${folder}/mine/first.ts`, `${folder}/mine/first.ts~`);
  await program.untilLogged(/^The workers stay as they were: there is no queue first/);
  await Deno.rename(`${folder}/mine/first.ts~`, `${folder}/mine/first.ts`);
  await workshop.publish("first", {});
  await program.until("it goes on", () => {
    return program.log.filter(({ message }) => message === "first 1").length === 2;
  });
  program.signal("SIGINT");
  assert.equal((await program.end(5)).code, 0);
});

Deno.test("dev: an event that runs while files change again and again is not blamed", async () => {
  await using workshop = await Workshop.open({ first: slow("go") });
  const { program } = workshop;
  await workshop.publish("first", {});
  for (let change = 1; change <= 3; change++) {
    await workshop.untilLines(change, /^begun$/);
    await workshop.worker("first", "", `${slow("go")}\n// changed ${change} times`);
    await workshop.untilStarted(1 + change);
  }
  await workshop.untilLines(4, /^begun$/);
  await Deno.writeTextFile(`${workshop.folder}/go`, "");
  const line = await program.untilLogged(/^done$/);
  assert.equal(line["attempt"], 1);
  assert.deepEqual(workshop.lines(/failed|Problem/), []);
});

Deno.test(`dev: after ${RELOADS} reloads nothing is left of those before`, async () => {
  await using workshop = await Workshop.open();
  await Deno.writeTextFile(`${workshop.folder}/lib/system/version.ts`, "\n", { append: true });
  await workshop.untilStarted(2);
  // Its files are open when it consumes.
  await workshop.untilHandled("first", "first 1");
  const before = workshop.held;
  for (let reload = 1; reload <= RELOADS; reload++) {
    await Deno.writeTextFile(`${workshop.folder}/lib/system/version.ts`, "\n", { append: true });
    await workshop.untilStarted(2 + reload);
  }
  await until("as many threads run as at first", () => workshop.held.threads === before.threads);
  const after = workshop.held;
  assert(after.files <= before.files + 2, `${before.files} open files became ${after.files}`);
  const grown = after.rssMb - before.rssMb;
  assert(grown < MOST_GROWTH_MB, `it grew by ${grown} MB`);
  await workshop.publish("first", {});
  await workshop.untilLines(2, /^first 1$/);
});

hostTest(
  "dev: on RabbitMQ, too, a reload leaves no thread and no socket",
  "first",
  async ({ url }) => {
    await using workshop = await Workshop.open({ url });
    await workshop.untilHandled("first", "first 1");
    const { threads, sockets } = workshop.held;
    assert(sockets >= 2, `${sockets} sockets`);
    for (let reload = 1; reload <= 3; reload++) {
      await workshop.worker("first", `first ${1 + reload}`);
      await workshop.untilStarted(1 + reload);
      await workshop.untilHandled("first", `first ${1 + reload}`);
    }
    await until("it holds what it held at first", () => {
      const now = workshop.held;
      return now.threads === threads && now.sockets === sockets;
    });
  },
);

Deno.test("dev: logs are text, and Ctrl-C ends it soon while an event runs", async () => {
  await using workshop = await Workshop.open({ log: [], first: slow("go") });
  const { program } = workshop;
  const said = (text: RegExp) => program.stderr.some((line) => text.test(line));
  await workshop.publish("first", {});
  await program.until("the event runs", () => said(/\] begun\b/));
  const began = performance.now();
  program.signal("SIGINT");
  assert.equal((await program.end(5)).code, 0);
  assert(performance.now() - began < 2000);
  const line = program.stderr.find((text) => text.includes("were launched")) ?? "";
  assert.match(
    line,
    /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} INFO \[process_queue\] 2 queue worker/,
  );
});

function importing(file: string): string {
  return `import { defineWorker } from "process-queue/worker";
    import { z } from "zod";
    import { text } from ${JSON.stringify(file)};
    export default defineWorker({ queue: "second", event: z.unknown(), consume(_, ctx) {
      ctx.log.info(text);
    } });`;
}

function slow(go: string): string {
  return `import { defineWorker } from "process-queue/worker";
    import { z } from "zod";
    export default defineWorker({ queue: "first", event: z.unknown(), async consume(_, ctx) {
      ctx.log.info("begun");
      for (;;) {
        try {
          Deno.statSync(${JSON.stringify(go)});
          return ctx.log.info("done");
        } catch {
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
      }
    } });`;
}

async function writeWorker(
  folder: string,
  queue: string,
  text: string,
  source = `import { defineWorker } from "process-queue/worker";
    import { z } from "zod";
    export default defineWorker({ queue: "${queue}", event: z.unknown(), consume(_, ctx) {
      ctx.log.info("${text}");
    } });`,
): Promise<void> {
  await Deno.writeTextFile(`${folder}/${queue}.ts`, source);
}

async function copy(from: string, to: string): Promise<void> {
  if ((await Deno.stat(from)).isFile) return await Deno.copyFile(from, to);
  await Deno.mkdir(to);
  for await (const { name } of Deno.readDir(from)) await copy(`${from}/${name}`, `${to}/${name}`);
}

function isSocket(path: string): boolean {
  try {
    return Deno.readLinkSync(path).startsWith("socket:");
  } catch {
    return false;
  }
}

function textOf(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}
