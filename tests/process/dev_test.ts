/**
 * `deno task dev`: all queues, restarted when a file changes.
 *
 * @module
 */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { assertWithin } from "../fixtures/pace.ts";
import { type Ended, type LogLine, Program } from "../fixtures/process/program.ts";
import { hostTest } from "../fixtures/process/program_fixture.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const RELOADS = 30;
/** The most that the memory of the parent may grow over all reloads, in MB. */
const MOST_GROWTH_MB = 30;

const STARTED = /were launched|connecting to|it restarts when/;

/** What the processes of the task hold. */
interface Held {
  /** The children: the program itself. */
  readonly children: readonly number[];
  /** Open files of the parent. */
  readonly files: number;
  /** Memory of the parent. */
  readonly rssMb: number;
}

/** How the task is started. */
interface DevFixtureOptions {
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
class DevFixture implements AsyncDisposable {
  readonly folder: string;
  /** The workers' folder, in that. */
  readonly workersDir: string;
  readonly program: Program;
  readonly #env: Record<string, string>;

  private constructor(
    folder: string,
    args: readonly string[],
    { workersDir = "mine", url }: DevFixtureOptions,
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
  static async open(options: DevFixtureOptions = {}): Promise<DevFixture> {
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
    const fixture = new DevFixture(folder, [...args, ...log], options);
    await fixture.program.until("it has started, or waits for a change", () => {
      return fixture.program.stderr.some((line) => STARTED.test(line));
    });
    return fixture;
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

  /** Waits until the log has an error of a queue. @param text A part of the error. */
  async untilError(queue: string, text: string): Promise<void> {
    await this.program.until(`an error of ${queue} with ${text}`, () => {
      return this.program.log.some((line) => {
        return line["level"] === "error" && JSON.stringify(line).includes(text);
      });
    });
  }

  /** Waits until the threads were launched this many times. */
  async untilStarted(times: number): Promise<void> {
    await this.untilLines(times, /were launched$/);
  }

  /** Waits until this many log lines have a message. */
  async untilLines(count: number, message: RegExp): Promise<void> {
    await this.program.until(`it logged ${message} ${count} times`, () => {
      return this.lines(message).length >= count;
    });
  }

  /** The log lines with a message. */
  lines(message: RegExp): LogLine[] {
    return this.program.log.filter((line) => message.test(line.message));
  }

  /** What the processes hold. */
  get held(): Held {
    const proc = `/proc/${this.program.pid}`;
    const rss = /VmRSS:\s+(\d+)/.exec(textOf(`${proc}/status`))?.[1];
    return {
      children: childrenOf(this.program.pid),
      files: [...Deno.readDirSync(`${proc}/fd`)].length,
      rssMb: Number(rss) / 1024,
    };
  }

  /** Ends it as Ctrl-C does. */
  async interrupt(): Promise<Ended> {
    this.program.signal("SIGINT");
    return await this.program.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A killed parent's child runs for a moment longer, and keeps the streams open.
    const children = childrenOf(this.program.pid);
    const ended = this.program[Symbol.asyncDispose]();
    for (const pid of children) kill(pid);
    await ended;
    await Deno.remove(this.folder, { recursive: true });
  }
}

Deno.test("dev: it restarts for a changed, a new, a broken and a mended worker, and Ctrl-C ends it", async () => {
  await using fixture = await DevFixture.open();
  const { program } = fixture;
  await fixture.untilHandled("first", "first 1");
  await fixture.worker("first", "first 2");
  await fixture.untilStarted(2);
  await fixture.untilHandled("first", "first 2");
  await fixture.worker("second", "second 1");
  await fixture.untilStarted(3);
  await fixture.untilHandled("second", "second 1");
  await fixture.worker("second", "", "export default {{");
  await fixture.untilError("second", "second.ts does not load");
  await fixture.untilStarted(4);
  await fixture.worker("first", "first 3");
  await fixture.untilStarted(5);
  await fixture.untilHandled("first", "first 3");
  await fixture.worker("second", "second 2");
  await fixture.untilStarted(6);
  await fixture.untilHandled("second", "second 2");
  await Deno.remove(`${fixture.folder}/mine/second.ts`);
  await fixture.untilStarted(7);
  assert.equal(fixture.lines(/were launched$/).at(-1)?.["count"], 2);
  const began = performance.now();
  assert.equal((await fixture.interrupt()).code, 0);
  await assertWithin(performance.now() - began, 2000, "Ctrl-C");
  assert.equal(program.stdout.join(), "");
});

Deno.test("dev: it restarts when a file appears that a worker could not find", async () => {
  await using fixture = await DevFixture.open();
  const { folder } = fixture;
  await fixture.worker("second", "", importing("./sub/helper.ts"));
  await fixture.untilError("second", "helper.ts");
  await Deno.mkdir(`${folder}/mine/sub`);
  await Deno.writeTextFile(`${folder}/mine/sub/helper.ts`, `export const text = "helped";`);
  await fixture.untilHandled("second", "helped");
});

Deno.test("dev: it restarts when the workers' folder is made after the start", async () => {
  await using fixture = await DevFixture.open({ workersDir: "my/own" });
  const { folder } = fixture;
  const missing = /^The program ended with 1: it restarts when a file changes$/;
  await fixture.untilLines(1, missing);
  await Deno.mkdir(`${folder}/my`);
  await Deno.mkdir(`${folder}/my/own`);
  await fixture.worker("second", "second 1");
  await fixture.untilStarted(1);
  await fixture.untilHandled("second", "second 1");
  await Deno.rename(`${folder}/my/own`, `${folder}/my/gone`);
  await fixture.untilLines(2, missing);
  await Deno.rename(`${folder}/my/gone`, `${folder}/my/own`);
  await fixture.publish("second", {});
  await fixture.untilLines(2, /^second 1$/);
});

Deno.test("dev: a queue whose file is gone for a while runs when the file is back", async () => {
  await using fixture = await DevFixture.open({ queues: ["--queue_name", "first"] });
  const { program, folder } = fixture;
  await fixture.untilHandled("first", "first 1");
  await Deno.rename(`${folder}/mine/first.ts`, `${folder}/mine/first.ts~`);
  await program.untilLogged(/^The program ended with 2: it restarts when a file changes/);
  assert(program.stderr.some((line) => line.includes("there is no queue first")));
  await Deno.rename(`${folder}/mine/first.ts~`, `${folder}/mine/first.ts`);
  await fixture.publish("first", {});
  await fixture.untilLines(2, /^first 1$/);
  assert.equal((await fixture.interrupt()).code, 0);
});

Deno.test("dev: after a syntax error in the program itself it waits for a change", async () => {
  await using fixture = await DevFixture.open();
  const path = `${fixture.folder}/lib/modes/run/ends.ts`;
  const source = await Deno.readTextFile(path);
  await Deno.writeTextFile(path, "export {{");
  await fixture.untilLines(1, /^The program ended with 1: it restarts/);
  await Deno.writeTextFile(path, source);
  await fixture.untilStarted(2);
  await fixture.untilHandled("first", "first 1");
});

Deno.test("dev: Ctrl-C ends it with the program's code while it waits for a change", async () => {
  await using fixture = await DevFixture.open({ workersDir: "missing" });
  assert.equal((await fixture.interrupt()).code, 1);
});

Deno.test("dev: a program that has nothing more to do ends it", async () => {
  await using fixture = await DevFixture.open({ queues: ["--queue_name", "first", "--drain"] });
  const { code, stdout } = await fixture.program.end();
  assert.deepEqual([code, stdout.length], [0, 1]);
});

Deno.test("dev: an event that runs while files change again and again is not blamed", async () => {
  await using fixture = await DevFixture.open({ first: slow("go") });
  const { program } = fixture;
  await fixture.publish("first", {});
  for (let change = 1; change <= 3; change++) {
    await fixture.untilLines(change, /^started$/);
    await fixture.worker("first", "", `${slow("go")}\n// changed ${change} times`);
    await fixture.untilStarted(1 + change);
  }
  await fixture.untilLines(4, /^started$/);
  await Deno.writeTextFile(`${fixture.folder}/go`, "");
  const line = await program.untilLogged(/^done$/);
  assert.equal(line["attempt"], 1);
  assert.deepEqual(fixture.lines(/failed|Problem/), []);
});

Deno.test(`dev: ${RELOADS} reloads lose no event and leave nothing behind`, async () => {
  await using fixture = await DevFixture.open();
  const changed = `${fixture.folder}/lib/system/version.ts`;
  await Deno.writeTextFile(changed, "\n", { append: true });
  await fixture.untilStarted(2);
  const before = fixture.held;
  const reload = async (number: number) => {
    await Deno.writeTextFile(changed, "\n", { append: true });
    await fixture.untilStarted(2 + number);
  };
  for (let number = 1; number <= RELOADS; number++) {
    // Published while the program is restarted, or just before.
    const publish = number % 3 === 0 ? fixture.publish("first", {}) : undefined;
    await Promise.all([reload(number), publish]);
  }
  await fixture.untilLines(RELOADS / 3, /^first 1$/);
  assert.deepEqual(
    new Set(fixture.lines(/^first 1$/).map(({ attempt }) => attempt)),
    new Set([1]),
  );
  const after = fixture.held;
  assert.equal(after.children.length, 1);
  assert.notDeepEqual(after.children, before.children);
  assert(after.files <= before.files + 2, `${before.files} open files became ${after.files}`);
  const grown = after.rssMb - before.rssMb;
  assert(grown < MOST_GROWTH_MB, `it grew by ${grown} MB`);
});

hostTest(
  "dev: on RabbitMQ, too, a reload leaves no connection",
  "first",
  async ({ url, client }) => {
    await using fixture = await DevFixture.open({ url });
    await fixture.untilHandled("first", "first 1");
    for (let reload = 1; reload <= 3; reload++) {
      await fixture.worker("first", `first ${1 + reload}`);
      await fixture.untilStarted(1 + reload);
      await fixture.untilHandled("first", `first ${1 + reload}`);
    }
    const { consumerCount } = await client.channel.checkQueue("first");
    assert.equal(consumerCount, 1);
    assert.equal(fixture.held.children.length, 1);
  },
);

Deno.test("dev: logs are text, and Ctrl-C ends it soon while an event runs", async () => {
  await using fixture = await DevFixture.open({ log: [], first: slow("go") });
  const { program } = fixture;
  const said = (text: RegExp) => program.stderr.some((line) => text.test(line));
  await fixture.publish("first", {});
  await program.until("the event runs", () => said(/\] started\b/));
  const began = performance.now();
  program.signal("SIGINT");
  assert.equal((await program.end()).code, 0);
  await assertWithin(performance.now() - began, 2000, "Ctrl-C");
  const line = program.stderr.find((text) => text.includes("were launched")) ?? "";
  assert.match(
    line,
    /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} INFO \[process_queue\] 2 queue worker/,
  );
});

Deno.test("dev: the program stops when its parent is killed", async () => {
  await using fixture = await DevFixture.open({ first: slow("go") });
  const { program } = fixture;
  await fixture.publish("first", {});
  await fixture.untilLines(1, /^started$/);
  program.signal("SIGKILL");
  await fixture.untilLines(1, /have \d+ s to finish/);
  await Deno.writeTextFile(`${fixture.folder}/go`, "");
  // The end of its output is the end of the program, too.
  assert.equal((await program.end()).signal, "SIGKILL");
  assert.equal(fixture.lines(/^done$/).length, 1);
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
      ctx.log.info("started");
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

function childrenOf(pid: number): number[] {
  const tasks = [...listOf(`/proc/${pid}/task`)];
  const texts = tasks.map((task) => textOf(`/proc/${pid}/task/${task}/children`));
  return texts.flatMap((text) => text.split(" ").filter(Boolean).map(Number));
}

function listOf(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name);
  } catch {
    return [];
  }
}

function kill(pid: number): void {
  try {
    Deno.kill(pid, "SIGKILL");
  } catch {
    // It has ended.
  }
}

function textOf(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}
