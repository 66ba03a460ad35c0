import assert from "node:assert/strict";
import { findingOf } from "../../../lib/operations/dashboard/finding.ts";
import {
  detailsWithoutTexts,
  queueDetails,
} from "../../../lib/operations/dashboard/queue_details.ts";
import { processRow, queueRow } from "../../../lib/operations/dashboard/view.ts";
import { STATUS } from "../../../lib/operations/judge.ts";
import { exampleSnapshot } from "../../fixtures/server/fake_control.ts";
import { exampleReport } from "../../fixtures/server/fake_dashboard.ts";

Deno.test("the row of a shard names its queue", () => {
  const row = (queue: string) => queueRow({ ...exampleReport(), queue }).parent;
  assert.deepEqual([row("mails"), row("mails_shard3")], ["mails", "mails"]);
});

Deno.test("the row of a process counts what runs; one that is silent is unknown", () => {
  const example = exampleSnapshot();
  const running = [7.5, 41].map((age_seconds) => ({
    ...{ id: "an-id", attempt: 1, suspect: false },
    age_seconds,
  }));
  const queues = example.queues.map((one) => ({
    ...one,
    running,
    running_count: 12,
    in_flight: 20,
  }));
  const snapshot = { ...example, queues: [...queues, ...example.queues] };
  const row = processRow({ pid: 1, snapshot }, 2.5, "an-id");
  assert.deepEqual(
    [row.running, row.in_flight, row.oldest_running_seconds, row.rate, row.is_self],
    [12, 20, 41, 2.5, true],
  );
  const silent = processRow({ pid: 7, problem: "it did not answer in time" }, null, undefined);
  assert.deepEqual(
    [silent.pid, silent.reachable, silent.error, silent.state, silent.rss_bytes],
    [7, false, "it did not answer in time", null, null],
  );
});

Deno.test("a queue's details put its processes together", () => {
  const [one, two] = [exampleSnapshot(), { ...exampleSnapshot(), id: "other", pid: 2 }];
  const nothing = { look: undefined, history: null, settings: [], now: 0 };
  const details = queueDetails({ report: exampleReport(), processes: [one, two], ...nothing });
  assert.deepEqual(details.consumers_list.map(({ pid }) => pid), [4711, 2]);
  assert.equal(details.totals.failed, 2);
  assert.deepEqual(details.groups.map(({ count }) => count), [2], "one group, of both");
  assert.match(details.last_error?.message ?? "", /ada is unknown/);
  assert.equal(details.retry_steps, null);
  assert.doesNotMatch(JSON.stringify(detailsWithoutTexts(details)), /ada/);
});

/** A status, and how the screen of checks shows it. */
const LEVELS = [
  [STATUS.ok, "ok"],
  [STATUS.warning, "warning"],
  [STATUS.critical, "error"],
  [STATUS.unknown, "error"],
] as const;

for (const [status, level] of LEVELS) {
  Deno.test(`a queue with the status ${status} is a finding of the level ${level}`, () => {
    const report = { ...exampleReport(), status, reason: "why", advice: "" };
    assert.deepEqual(findingOf(report), {
      level,
      area: "check",
      queue: "mails",
      message: "mails: why",
      fix: null,
    });
  });
}

Deno.test("only an advice that is a command can be copied", () => {
  const fix = (advice: string) => findingOf({ ...exampleReport(), advice }).fix;
  assert.equal(fix("process-queue restart mails"), "process-queue restart mails");
  assert.equal(fix("start a worker: process-queue --queue_name mails"), null);
});
