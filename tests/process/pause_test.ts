/**
 * A worker that throws PauseQueue until what it needs is back, in the real program.
 *
 * @module
 */

import assert from "node:assert/strict";
import { type ProgramFixture, programTest } from "../fixtures/process/program_fixture.ts";
import { until } from "../fixtures/until.ts";

const EVENTS = Array.from({ length: 30 }, (_, n) => n);
/** The first pause, in seconds. */
const SECONDS = 0.05;

/** One call of the handler. */
interface Call {
  readonly events: readonly number[];
  readonly attempts: readonly number[];
  readonly isAway: boolean;
  /** ms since 1970. */
  readonly at: number;
}

/** Writes a worker that throws PauseQueue while there is no file `back`. */
async function write(fixture: ProgramFixture, options: string, isBatch = false): Promise<void> {
  const call = isBatch
    ? "consumeBatch(events, ctx) { handle(events.map(({ n }) => n), ctx.events); }"
    : "consume({ n }, ctx) { handle([n], [ctx.event]); }";
  await fixture.write(
    `workers/${fixture.queue}.ts`,
    `import { existsSync, writeFileSync } from "node:fs";
import { defineWorker, type EventInfo, PauseQueue } from "process-queue/worker";
import { z } from "zod";

function handle(events: number[], infos: readonly EventInfo[]) {
  const isAway = !existsSync("${fixture.folder}/back");
  const attempts = infos.map(({ attempt }) => attempt);
  const line = JSON.stringify({ events, attempts, isAway, at: Date.now() });
  writeFileSync("${fixture.folder}/calls", line + "\\n", { flag: "a" });
  if (!isAway) return;
  const cause = new Error("no route");
  throw new PauseQueue({ reason: "SMTP", seconds: ${SECONDS}, cause });
}

export default defineWorker({
  queue: "${fixture.queue}",
  event: z.object({ n: z.number() }),
  ${options}
  ${call}
});
`,
  );
}

function callsOf({ folder }: ProgramFixture): Call[] {
  try {
    const lines = Deno.readTextFileSync(`${folder}/calls`).split("\n").slice(0, -1);
    return lines.map((line) => JSON.parse(line));
  } catch {
    return [];
  }
}

async function untilCalled(fixture: ProgramFixture, times: number): Promise<void> {
  await until(`${times} calls`, () => callsOf(fixture).length >= times);
}

/** Each call came when the pause was over that the call before had begun or made longer. */
function assertOnePerPause(calls: readonly Call[]): void {
  const away = calls.filter(({ isAway }) => isAway);
  assert(away.length >= 4);
  for (const [index, { at }] of away.slice(1).entries()) {
    const waited = at - (away[index]?.at ?? 0);
    const pause = SECONDS * 2 ** index * 1000;
    assert(waited >= 0.9 * pause, `call ${index + 2} came after ${waited} ms, not ${pause}`);
  }
}

async function assertNoneLost(fixture: ProgramFixture): Promise<void> {
  const done = () => callsOf(fixture).filter(({ isAway }) => !isAway);
  await until("all have run", () => done().flatMap(({ events }) => events).length >= EVENTS.length);
  assert.deepEqual(done().flatMap(({ events }) => events).toSorted((a, b) => a - b), EVENTS);
  assert(callsOf(fixture).every(({ attempts }) => attempts.every((attempt) => attempt === 1)));
  assert.equal(await fixture.client.ready(`${fixture.queue}.failed`) ?? 0, 0);
}

const events = () => EVENTS.map((n) => ({ n }));
const CONCURRENT = "concurrency: 4, prefetch: 30,";
const BATCH = "batch: { size: 10, seconds: 0.01 },";

const CASES: readonly [
  what: string,
  options: string,
  type: "classic" | "quorum",
  args: readonly string[],
][] = [
  ["one event at a time, classic", "", "classic", []],
  ["four at once, quorum", CONCURRENT, "quorum", []],
  ["batches, classic", BATCH, "classic", []],
  ["in the main thread, quorum", "", "quorum", ["--inline"]],
];

for (const [what, options, type, args] of CASES) {
  programTest(
    `a queue waits while its worker throws PauseQueue, and no event is lost or counted: ${what}`,
    async (fixture) => {
      await write(fixture, options, options === BATCH);
      fixture.queueType = type;
      await fixture.publish([{ n: 0 }]);
      const program = fixture.consume(args);
      await program.untilLogged(/ waits for SMTP: no route; /);
      for (const n of EVENTS.slice(1)) {
        await fixture.client.publish(fixture.queue, JSON.stringify({ n }));
      }
      await untilCalled(fixture, 4);
      await fixture.write("back", "");
      await assertNoneLost(fixture);
      assertOnePerPause(callsOf(fixture));
      program.signal("SIGTERM");
      const { code } = await program.end();
      assert.equal(code, 0);
      const lines = program.log.map(({ message }) => message).filter((text) => /wait/.test(text));
      assert.deepEqual(lines.map((text) => text.replace(/\d+ s for/, "N s for")), [
        `Queue ${fixture.queue} waits for SMTP: no route; it is tried again in ${SECONDS} s`,
        `Queue ${fixture.queue} takes events again; it waited N s for SMTP`,
      ]);
    },
  );
}

programTest(
  "a queue that waits is shown, keeps waiting when its thread restarts, and stops at once",
  async (fixture) => {
    await write(
      fixture,
      `
    setup() {
      setInterval(() => existsSync("${fixture.folder}/crash") && Deno.exit(9), 10);
    },`,
    );
    const path = `${fixture.folder}/workers/${fixture.queue}.ts`;
    await Deno.writeTextFile(path, (await Deno.readTextFile(path)).replace(`${SECONDS}`, "300"));
    await fixture.publish(events());
    const program = fixture.consume();
    await untilCalled(fixture, 1);
    await fixture.untilReady(EVENTS.length);
    const { length } = callsOf(fixture);
    await until("it is shown", () => fixture.statistics["waiting_for"] === "SMTP");
    await fixture.write("crash", "");
    await program.untilLogged(/^The thread of .* ended \(crashed\)/);
    await Deno.remove(`${fixture.folder}/crash`);
    await until("it is shown in the status", () => {
      program.signal("SIGUSR2");
      return program.log.some(({ message }) => message.includes(": waiting for SMTP, 0 in flight"));
    });
    program.signal("SIGTERM");
    assert.equal((await program.end()).code, 0);
    assert.equal(callsOf(fixture).length, length);
    assert.equal(await fixture.client.ready(fixture.queue), EVENTS.length);
  },
);

programTest("--drain waits for a queue that waits", async (fixture) => {
  await write(fixture, "");
  await fixture.publish(events());
  const program = fixture.consume(["--drain"]);
  await untilCalled(fixture, 4);
  await fixture.write("back", "");
  assert.equal((await program.end()).code, 0);
  await assertNoneLost(fixture);
  await Deno.remove(`${fixture.folder}/back`);
  await fixture.publish([{ n: 0 }]);
  const limited = await fixture.consume(["--drain", "--max_seconds", "1"]).end();
  assert.equal(limited.code, 0);
  assert.equal(await fixture.client.ready(fixture.queue), 1);
});
