import assert from "node:assert/strict";
import { discover } from "../../lib/engine/host/discovery.ts";
import { Program } from "../fixtures/process/program.ts";
import {
  type ProgramFixture,
  programTest,
  withFolder,
} from "../fixtures/process/program_fixture.ts";

const NOWHERE = "amqp://127.0.0.1:1";

/** A worker as its author would write it; it leaves a line in a file. */
function greeter(queue: string, more = ""): string {
  return `
    import { defineWorker } from "process-queue/worker";
    import { z } from "zod";
    ${more}
    export default defineWorker({
      queue: ${JSON.stringify(queue)},
      event: z.object({ name: z.string() }),
      async consume(event, ctx) {
        ctx.log.info("Hello {name}", { name: event.name });
        await Deno.writeTextFile(ctx.config.testFile, event.name, { append: true });
      },
    });`;
}

/** Files that are not workers, each with its error. */
const BROKEN: readonly [name: string, text: string, said: RegExp][] = [
  [
    "unlisted",
    greeter("unlisted", 'import "npm:process-queue-no-such-package-4711";'),
    /unlisted\.ts does not load: .*process-queue-no-such-package-4711/,
  ],
  ["unmapped", greeter("unmapped", 'import "left-pad";'), /unmapped\.ts does not load: .*left-pad/],
  ["missing", greeter("missing", 'import "./gone.ts";'), /missing\.ts does not load: .*gone\.ts/],
  ["syntax", "export default defineWorker({", /syntax\.ts does not load: .*syntax\.ts:1:/s],
  ["throws", 'throw new Error("not today");', /throws\.ts does not load: Error: not today/],
  ["empty", "", /empty\.ts declares no worker: write `export default defineWorker/],
  [
    "nameless",
    greeter("misnomer"),
    /nameless\.ts declares the queue misnomer, but the file is named nameless/,
  ],
];

async function writeBroken(fixture: ProgramFixture): Promise<void> {
  for (const [name, text] of BROKEN) await fixture.write(`workers/${name}.ts`, text);
}

programTest(
  "a worker in your own folder runs beside files that are broken",
  async (fixture) => {
    await writeBroken(fixture);
    await fixture.write(`workers/${fixture.queue}.ts`, greeter(fixture.queue));
    const published = await fixture.run(["publish", fixture.queue, '{"name":"Iago"}']);
    assert.deepEqual([published.code, published.stderr], [0, []]);
    const program = fixture.consume(["--drain"]);
    const { code, stdout, stderr } = await program.end();
    assert.deepEqual([code, stdout], [0, ["done 1, retried 0, failed 0, waiting for retry 0"]]);
    assert.equal(Deno.readTextFileSync(`${fixture.folder}/ledger`), "Iago");
    assert(program.log.some(({ message }) => message === "Hello Iago"));
    for (const [name] of BROKEN) assert(!stderr.join("\n").includes(`/${name}.ts`), name);
  },
);

for (const [name, , said] of BROKEN) {
  programTest(
    `running the worker of ${name}.ts prints what is wrong with it`,
    async (fixture) => {
      await writeBroken(fixture);
      const { code, stdout, stderr } = await fixture.run(["--queue", name, "--drain"]);
      const text = stderr.slice(1).join("\n");
      assert.deepEqual([code, stdout], [1, []], text);
      assert.match(text, new RegExp(`^process-queue: .*/workers/${said.source}`, "s"));
      assert(!text.includes("\x1b"), text);
      for (const [other] of BROKEN) assert(other === name || !text.includes(`/${other}.ts`), other);
    },
  );
}

Deno.test("of two files that claim one queue the first is taken, and the other named", async () => {
  await withFolder(async (cwd) => {
    await Deno.writeTextFile(`${cwd}/noop.ts`, greeter("noop"));
    await Deno.writeTextFile(`${cwd}/twice.ts`, greeter("twice"));
    await Deno.writeTextFile(`${cwd}/twice.js`, "");
    const env = { AMQP_URL: NOWHERE, BROKER_WAIT_SECONDS: "0" };
    const args = ["--queue", "noop", "--workers-dir", cwd];
    await using program = Program.start(args, { cwd, env });
    assert.equal((await program.end()).code, 1);
    const warnings = program.log.filter(({ level }) => level === "warning");
    const [first, second] = warnings.map(({ message }) => message.replaceAll(cwd, "DIR"));
    assert.match(
      first ?? "",
      /^DIR\/noop\.ts is ignored: the queue noop already has a worker, .*\/workers\/noop\.ts\./,
    );
    assert.match(second ?? "", /^DIR\/twice\.ts is ignored: .*, DIR\/twice\.js\. Rename one/);
  });
});

Deno.test("the error for an unknown queue names the queues of your own folder, too", async () => {
  await withFolder(async (cwd) => {
    await Deno.writeTextFile(`${cwd}/greetings.ts`, greeter("greetings"));
    await Deno.mkdir(`${cwd}/helpers.ts`);
    await Deno.writeTextFile(`${cwd}/notes.txt`, "");
    const args = ["--queue", "greting", "--workers-dir", cwd];
    await using program = Program.start(args, { cwd, env: { AMQP_URL: NOWHERE } });
    const { code, stderr } = await program.end();
    assert.equal(code, 2);
    const builtIn = discover().files.map(({ name }) => name);
    assert.deepEqual(stderr, [
      "process-queue: there is no queue greting; did you mean greetings?",
      `queues: ${["greetings", ...builtIn].sort().join(", ")}`,
      "a worker of your own is the file <queue>.ts in the folder of --workers-dir (or WORKERS_DIR)",
    ]);
  });
});
