/** What the program sends to Sentry. It runs without Sentry, too. */
import assert from "node:assert/strict";
import { assertWithin } from "../fixtures/pace.ts";
import { FakeSentry } from "../fixtures/monitoring/fake_sentry.ts";
import { copyTest } from "../fixtures/process/copy.ts";
import { Program } from "../fixtures/process/program.ts";
import { withFolder } from "../fixtures/process/program_fixture.ts";

/** Events of all kinds: good ones, those that fail, and those that fail when a file is there. */
const WORKER = `
  import { defineWorker } from "process-queue/worker";
  import { z } from "zod";
  export default defineWorker({
    queue: "letters",
    event: z.object({ user: z.int(), fails: z.boolean().default(false), file: z.string().optional() }),
    retries: [],
    shard: ({ user }, shards) => user % shards + 1,
    async consume({ user, fails, file }, ctx) {
      if (file) ctx.log.info("Waiting");
      while (file && !await Deno.stat(file).catch(() => undefined)) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      if (fails) throw new Error(\`Nobody lives there: \${user}\`);
    },
  });`;

/** How long a slow Sentry takes, in ms: longer than the program has left without it. */
const ANSWER_MS = 700;

/** Runs a test with that worker on the embedded broker. */
async function withLetters(test: (letters: Letters) => Promise<void>): Promise<void> {
  await withFolder(async (cwd) => {
    await Deno.mkdir(`${cwd}/workers`);
    await Deno.writeTextFile(`${cwd}/workers/letters.ts`, WORKER);
    await test(new Letters(cwd));
  });
}

class Letters {
  readonly cwd: string;

  constructor(cwd: string) {
    this.cwd = cwd;
  }

  start(args: readonly string[], env: Record<string, string> = {}, input?: string): Program {
    return Program.start(args, {
      cwd: this.cwd,
      env: { WORKERS_DIR: "workers", ...env },
      ...(input === undefined ? {} : { input }),
    });
  }

  async publish(events: readonly object[], env: Record<string, string> = {}): Promise<void> {
    const lines = events.map((event) => JSON.stringify(event)).join("\n");
    await using publisher = this.start(["publish", "letters"], env, lines);
    assert.equal((await publisher.end()).code, 0);
  }
}

copyTest("without a DSN Sentry's package is not loaded", async (root) => {
  const config = JSON.parse(await Deno.readTextFile(`${root}/deno.json`));
  config.imports["@sentry/deno"] = "./instead.ts";
  await Deno.writeTextFile(`${root}/deno.json`, JSON.stringify(config));
  await Deno.writeTextFile(`${root}/instead.ts`, 'throw new Error("Sentry is loaded");');
  const drain = async (env: Record<string, string>) => {
    const args = [
      "run",
      "-A",
      "--quiet",
      "--no-lock",
      "main.ts",
      "--queue_name",
      "noop",
      "--drain",
    ];
    await using program = Program.startDeno(args, { cwd: root, env });
    return await program.end();
  };
  const without = await drain({});
  assert.equal(without.code, 0, without.stderr.join("\n"));
  const withOne = await drain({ SENTRY_DSN: "http://key@127.0.0.1:1/1" });
  assert.match(withOne.stderr.join("\n"), /Sentry is loaded/);
});

Deno.test("each shard's failures carry its own number, in one process or alone", async () => {
  await withLetters(async (letters) => {
    await using sentry = new FakeSentry();
    const env = { SENTRY_DSN: sentry.dsn, LETTERS_SHARDS: "2" };
    const events = [{ user: 0, fails: true }, { user: 1, fails: true }];
    const tags = () => {
      return sentry.items.splice(0).map(({ tags }) => [tags.queue_worker, tags.worker_num].join())
        .sort();
    };
    for (const args of [["--multi_threaded", "letters"], ["--all"]]) {
      await letters.publish(events, env);
      await using program = letters.start([...args, "--drain"], env);
      assert.equal((await program.end()).code, 0);
      assert.deepEqual(tags(), ["letters_shard1,1", "letters_shard2,2"]);
    }
    await letters.publish(events, env);
    await using program = letters.start(["--queue_name", "letters_shard2", "--drain"], env);
    assert.equal((await program.end()).code, 0);
    assert.deepEqual(tags(), ["letters_shard2,2"]);
  });
});

Deno.test("a failure during the shutdown reaches Sentry before the program ends", async () => {
  await withLetters(async (letters) => {
    let answered = 0;
    await using sentry = new FakeSentry(async () => {
      await new Promise((resolve) => setTimeout(resolve, ANSWER_MS));
      answered++;
      return new Response("{}");
    });
    await letters.publish([{ user: 7, fails: true, file: `${letters.cwd}/go` }]);
    const args = ["--queue_name", "letters"];
    await using program = letters.start(args, { SENTRY_DSN: sentry.dsn });
    await program.untilLogged(/^Waiting$/);
    program.signal("SIGTERM");
    await program.untilLogged(/^Worker 0 disconnecting/);
    await Deno.writeTextFile(`${letters.cwd}/go`, "");
    assert.equal((await program.end()).code, 0);
    assert.equal(answered, 1);
    const [event] = sentry.items;
    assert.equal(event?.exception.values[0].value, "Nobody lives there: 7");
    assert.equal(event.tags.queue_worker, "letters");
  });
});

/** The ways in which Sentry fails; `undefined` means that nothing listens there. */
const USELESS: readonly (readonly [how: string, answer?: () => Response | Promise<Response>])[] = [
  ["never answers", () => new Promise(() => {})],
  ["refuses", () => new Response("no", { status: 500 })],
  ["is not there"],
];
/** The most time between two events, and at the end what Sentry may take and some more, in ms. */
const MOST_GAP_MS = 1000;
const MOST_END_MS = 4000;

for (const [how, answer] of USELESS) {
  Deno.test({
    name: `a Sentry that ${how} does not slow the consumer, and delays the end by at most 2 s`,
    // Its server is left in the middle of its answers.
    sanitizeOps: false,
    sanitizeResources: false,
    async fn() {
      await withLetters(async (letters) => {
        const sentry = answer && new FakeSentry(answer);
        const dsn = sentry?.dsn ?? "http://key@127.0.0.1:1/1";
        await letters.publish(Array.from({ length: 300 }, (_, user) => {
          return { user, fails: user % 3 === 0 };
        }));
        const env = { SENTRY_DSN: dsn, SENTRY_TRACE_WORKER_RATE: "1", LOG_LEVEL: "debug" };
        await using program = letters.start(["--queue_name", "letters"], env);
        const settled = () =>
          program.log.filter(({ message }) => {
            return /^(Processed an event|Problem handling data)/.test(message);
          });
        await program.until("all events are settled", () => settled().length === 300);
        const times = settled().map((line) => Date.parse(String(line["time"])));
        const gaps = times.map((time, index) => time - (times[index - 1] ?? time));
        await assertWithin(Math.max(...gaps), MOST_GAP_MS, "no event");
        const began = performance.now();
        program.signal("SIGTERM");
        assert.equal((await program.end()).code, 0);
        await assertWithin(performance.now() - began, MOST_END_MS, "the end");
        if (sentry) assert(sentry.text.length > 0);
      });
    },
  });
}
