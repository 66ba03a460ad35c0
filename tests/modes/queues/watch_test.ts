import assert from "node:assert/strict";
import { keysIn } from "../../../lib/command_line/terminal/keys.ts";
import { widthOf } from "../../../lib/command_line/terminal/text.ts";
import type { Gathered } from "../../../lib/modes/queues/gather.ts";
import { press, watchLines, watchState } from "../../../lib/modes/queues/watch_state.ts";
import { Watching } from "../../../lib/modes/queues/watching.ts";
import { noLook } from "../../../lib/operations/broker_look.ts";
import { reportOn } from "../../../lib/operations/queue_report.ts";
import { exampleSnapshot } from "../../fixtures/server/fake_control.ts";
import { until } from "../../fixtures/until.ts";

const NOW = Date.parse("2026-01-04T12:00:00Z");
const DEMANDS = { thresholds: { warning: 30, critical: 60 }, consumers: null, failedLimit: null };
const PAUSE = { by: "ada", at: "2026-01-04T11:59:00.000Z", reason: null, until: null };

/** What is found: a queue a with 1, b with 3, mails with 2 events; b is paused. */
function found(): Gathered {
  const processes = [exampleSnapshot()];
  const report = (queue: string, ready: number) => {
    const look = { ...noLook(""), problem: null, exists: true, ready, failed: 0, retrying: 0 };
    const pause = queue === "b" ? PAUSE : null;
    const sources = { queue, processes, pause, statistics: null, trend: null, now: NOW };
    return reportOn({ ...sources, look: { ...look, consumers: 1 } }, DEMANDS);
  };
  const broker = { kind: "rabbitmq", version: "3.10.8", up: true } as const;
  return {
    reports: [report("a", 1), report("b", 3), report("mails", 2)],
    processes,
    silent: 0,
    broker,
  };
}

/** The state after some keys, and the last action. */
function after(keys: readonly string[]) {
  let state = watchState("name");
  let action;
  for (const key of keys) ({ state, action } = press(state, key, found().reports));
  return { state, action };
}

/** The names of the queues in the order of their rows, with `>` before the chosen one. */
function rows(keys: readonly string[]): string[] {
  const lines = watchLines(found(), after(keys).state, { width: 120, height: 40 });
  return lines.flatMap((line) => /^(> | {2})(a|b|mails) /.exec(line)?.[0].trim() ?? []);
}

const ROWS: Readonly<Record<string, readonly [keys: readonly string[], rows: readonly string[]]>> =
  {
    "at first the first queue is chosen": [[], ["> a", "b", "mails"]],
    "j goes down": [["j"], ["a", "> b", "mails"]],
    "down goes down, not beyond the last": [["down", "down", "down"], ["a", "b", "> mails"]],
    "k goes up, not beyond the first": [["j", "k", "k"], ["> a", "b", "mails"]],
    "s orders by the next, and keeps the queue": [["j", "s"], ["> b", "mails", "a"]],
    "s comes back to the names": [["s", "s", "s", "s"], ["> a", "b", "mails"]],
    "a filter leaves queues out": [["/", "m", "a", "enter"], ["> mails"]],
    "letters of a filter are no commands": [["/", "q", "backspace", "b"], ["> b"]],
    "Escape takes the filter away": [["/", "m", "enter", "escape"], ["> a", "b", "mails"]],
    "a key without a meaning does nothing": [["x", "left"], ["> a", "b", "mails"]],
  };

for (const [name, [keys, expected]] of Object.entries(ROWS)) {
  Deno.test(`queues --watch: ${name}`, () => assert.deepEqual(rows(keys), expected));
}

Deno.test("queues --watch pauses and resumes a queue after a question, and ends with q", () => {
  const foot = (keys: readonly string[]) =>
    watchLines(found(), after(keys).state, { width: 80, height: 40 }).at(-1);
  assert.equal(foot(["p"]), "Pause a in the processes of this host? [y/N]");
  assert.equal(foot(["j", "p"]), "Resume b in the processes of this host? [y/N]");
  assert.equal(after(["p", "n"]).action, undefined);
  assert.deepEqual(after(["p", "y"]).action, { change: "pause", queue: "a" });
  assert.deepEqual(after(["j", "p", "Y"]).action, { change: "resume", queue: "b" });
  assert.equal(after(["/", "z", "enter", "p", "y"]).action, undefined);
  assert.equal(after(["q"]).action, "end");
  assert.equal(after(["/", "ctrl-c"]).action, "end");
});

Deno.test("an answer is to the question that was asked, whatever the next look finds", () => {
  const { state } = press(watchState("state"), "p", found().reports);
  const reports = found().reports.toReversed().slice(0, 2);
  const lines = watchLines({ ...found(), reports }, state, { width: 80, height: 40 });
  const [, verb, queue] = /^(\w+) (\w+) in the/.exec(lines.at(-1) ?? "") ?? [];
  const { action } = press(state, "y", reports);
  assert.deepEqual(action, { change: verb?.toLowerCase(), queue });
  const before = watchLines(found(), state, { width: 80, height: 40 });
  assert.equal(lines.at(-1), before.at(-1));
});

Deno.test("Enter shows what runs and what fails in a queue, and the command to repair it", () => {
  const { state } = after(["j", "j", "enter"]);
  const all = found();
  const reports = all.reports.map((report) => ({ ...report, failed: 1 }));
  const text = watchLines({ ...all, reports }, state, { width: 120, height: 40 }).join("\n");
  assert.match(text, /^ {6}[0-9a-f]{8} 1 × TypeError: user ada is unknown$/m);
  assert.match(text, /^ {6}process-queue failed groups mails$/m);
});

Deno.test("queues --watch fits the terminal, with the chosen queue in sight", () => {
  for (const height of [4, 5, 6, 10]) {
    const lines = watchLines(found(), after(["j", "j"]).state, { width: 40, height });
    assert(lines.length <= height, `${lines.length} lines in ${height}`);
    assert(lines.every((line) => widthOf(line) <= 40));
    assert(lines.some((line) => line.startsWith("> mails")));
  }
});

Deno.test("each key is found in what a terminal sends", () => {
  assert.deepEqual(keysIn("jk\x1b[A\x1b[B\r\x7f\x03é\x1b"), [
    ...["j", "k", "up", "down", "enter", "backspace", "ctrl-c", "é", "escape"],
  ]);
});

Deno.test("queues --watch draws what it finds, carries out what is confirmed, and ends", async () => {
  const drawn: string[][] = [];
  const changed: unknown[] = [];
  const watching = new Watching({
    order: "name",
    seconds: 3600,
    look: () => Promise.resolve(found()),
    change: (action) => {
      changed.push(action);
      return Promise.resolve("a: paused in process 4711");
    },
    draw: (lines) => drawn.push([...lines]),
    size: () => ({ width: 80, height: 24 }),
    signal: new AbortController().signal,
  });
  const running = watching.run();
  await until("the queues are shown", () => drawn.length > 0);
  for (const key of ["p", "y"]) watching.onKey(key);
  await until("the answer is shown", () => drawn.at(-1)?.at(-1) === "a: paused in process 4711");
  assert.deepEqual(changed, [{ change: "pause", queue: "a" }]);
  watching.onKey("q");
  assert.equal((await running)?.reports.length, 3);
});

Deno.test("queues --watch ends at once while the broker does not answer", async () => {
  const end = new AbortController();
  const watching = new Watching({
    order: "name",
    seconds: 2,
    look: () => new Promise(() => {}),
    change: () => Promise.reject(new Error("nothing is asked")),
    draw: () => assert.fail("there is nothing to draw"),
    size: () => ({ width: 80, height: 24 }),
    signal: end.signal,
  });
  const running = watching.run();
  end.abort();
  assert.equal(await running, undefined);
});
