/** The demo, as a newcomer sees it. */
import assert from "node:assert/strict";
import { EVENTS, TOTAL } from "../../scripts/demo/events.ts";
import { settings } from "../../scripts/demo/settings.ts";
import { publishAll } from "../../scripts/demo/publish.ts";
import { assertWithin } from "../fixtures/pace.ts";
import { copyTest } from "../fixtures/process/copy.ts";
import { withFolder } from "../fixtures/process/program_fixture.ts";

/** Settings that the demo must not use: no server answers there, and every number is wrong. */
const OTHERS = {
  AMQP_URL: "amqp://me:sesame@127.0.0.1:1",
  DATABASE_URL: "postgres://me:sesame@127.0.0.1:1/zulip",
  QUEUE_STATS_DIR: "/nonexistent/stats",
  PQ_NOOP_PREFETCH: "many",
};

async function demo(root: string, env: Record<string, string>) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "scripts/demo.ts"],
    cwd: root,
    env: { ...env, NO_COLOR: "1" },
    stdout: "piped",
    stderr: "piped",
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** Processes that work in a folder. */
function processesIn(folder: string): string[] {
  return [...Deno.readDirSync("/proc")].map(({ name }) => name).filter((pid) => {
    try {
      return /^\d+$/.test(pid) && Deno.readLinkSync(`/proc/${pid}/cwd`).startsWith(folder);
    } catch {
      return false;
    }
  });
}

copyTest(
  "the demo consumes its events, gives one up, mends the cause, and retries it",
  async (root) => {
    const file = Object.entries(OTHERS).map(([name, value]) => `${name}=${value}`).join("\n");
    await Deno.writeTextFile(`${root}/.env`, `${file}\nRABBITMQ_HOST=127.0.0.1\n`);
    const { code, stdout: text, stderr } = await demo(root, OTHERS);
    assert.equal(code, 0, `${text}${stderr}`);
    assert.match(text, /^process-queue: 5,000 events, 3 queues, the embedded broker\.$/m);
    assert.match(text, /demo_webhooks: attempt 1 failed.*\n {2}next attempt in 1 s/);
    assert.match(text, /demo_webhooks: attempt 3 failed.*\n {2}given up/);
    assert.match(text, /^consuming {2}\[#{30}\] 5,000 of 5,000$/m);
    assert.match(text, /^user_activity +3500 +0 +0 /m);
    assert.match(text, /^demo_webhooks +500 +2 +1 /m);
    assert.match(
      text,
      /failed list demo_webhooks --limit 10\n.*\n.*\n.*No answer from .*\n1 event in demo_webhooks\.failed$/m,
    );
    assert.match(
      text,
      /^1 of 1 event put back into demo_webhooks; 0 left\n.*was processed$/m,
    );
    assert(!text.includes("export"), text);
    const long = text.split("\n").filter((line) => line.length > 80);
    assert.deepEqual(long, []);
    const seconds = Number(/It took (\d+) s\./.exec(text)?.[1]);
    await assertWithin(1000 * seconds, 60_000, "the demo");
    assert.equal((await Deno.stat(`${root}/var/demo/process-queue.sqlite`)).isFile, true);
  },
);

copyTest("the demo ends, and says why, when a worker does not run", async (root) => {
  await Deno.writeTextFile(
    `${root}/scripts/demo/workers/demo_webhooks.ts`,
    'throw new Error("not today")',
  );
  const { code, stdout, stderr } = await demo(root, {});
  assert.equal(code, 1);
  assert.match(
    stdout,
    /^process-queue: .*demo_webhooks\.ts does not load: Error: not today \(.*\.ts:1:7\)$/m,
  );
  assert.match(stderr, /^The demo failed: A worker ended unexpectedly with exit code 1$/m);
  assert.deepEqual(processesIn(root), []);
});

copyTest("the demo ends, and stops its workers, when it cannot publish", async (root) => {
  await Deno.writeTextFile(
    `${root}/lib/engine/broker/publish.ts`,
    (await Deno.readTextFile(`${root}/lib/engine/broker/publish.ts`)).replace(
      /(export async function publishEvent\(.*?\n\): [^{]*\{)/s,
      '$1 throw new Error("no room");',
    ),
  );
  const { code, stderr } = await demo(root, {});
  assert.equal(code, 1);
  assert.match(stderr, /^The demo failed: line 1: no room$/m);
  assert.deepEqual(processesIn(root), []);
});

Deno.test("publishing the demo's events moves on with each that is confirmed", async () => {
  await withFolder(async (folder) => {
    const counts: number[] = [];
    await publishAll(EVENTS, settings(folder), (count) => counts.push(count));
    assert.equal(counts.at(-1), TOTAL);
    assert(new Set(counts).size > 20, `${[...new Set(counts)]}`);
    assert.deepEqual(counts, counts.toSorted((a, b) => a - b));
  });
});
