/**
 * The headings of the dashboard's screens.
 *
 * @module
 */

import assert from "node:assert/strict";
import {
  checksVerdict,
  fixParts,
  passedWords,
  processVerdict,
} from "../../../lib/server/dashboard/model/other_verdicts.js";
import {
  rankOf,
  severityOf,
  STATES,
  verdictOf,
  worstOf,
} from "../../../lib/server/dashboard/model/verdict.js";

const UP = { up: true };
const one = (state: string, status: number) => ({ state, status });
const OK = one("ok", 0);

Deno.test("the heading of Queues says how many are in trouble, and shows the worst state", () => {
  const cases: [{ state: string; status: number }[], string][] = [
    [[], "ok calm: No queue has a worker here"],
    [[OK], "ok calm: The queue is ok"],
    [[OK, one("old failures", 0)], "ok calm: All 2 queues are ok"],
    [[OK, one("behind", 2), one("stuck", 2)], "stuck critical: 2 of 3 queues are critical"],
    [[OK, one("behind", 2), one("failing", 1)], "behind critical: 1 of 3 queues is critical"],
    [[OK, one("failing", 1)], "failing warning: 1 of 2 queues has a warning"],
    [[OK, one("failing", 1), one("paused", 1)], "failing warning: 2 of 3 queues have warnings"],
    [[one("blocked", 2), one("blocked", 2)], "blocked critical: 2 of 2 queues are blocked"],
    [[one("behind", 2)], "behind critical: 1 queue is behind"],
    [[OK, one("unknown", 3)], "unknown calm: The state of 1 of 2 queues is unknown"],
    [
      [OK, one("unknown", 3), one("failing", 1)],
      "unknown calm: The state of 1 of 3 queues is unknown",
    ],
  ];
  for (const [queues, said] of cases) {
    const { state, severity, text } = verdictOf({ queues, broker: UP });
    assert.equal(`${state} ${severity}: ${text}`, said);
  }
});

Deno.test("without a broker the state of all queues is unknown, whatever was known", () => {
  const { state, severity, text } = verdictOf({
    queues: [OK, one("stuck", 2)],
    broker: { up: false },
  });
  assert.equal(`${state} ${severity}: ${text}`, "unknown calm: The state of 2 queues is unknown");
});

Deno.test("critical comes before unknown, then a warning, then what is ok; then the state decides", () => {
  const sorted = [
    one("blocked", 2),
    one("too few", 2),
    one("unknown", 3),
    one("no consumer", 1),
    one("failing", 1),
    one("paused", 0),
    one("old failures", 0),
    OK,
  ];
  const mixed = [...sorted].reverse().sort((a, b) => rankOf(a) - rankOf(b));
  assert.deepEqual(mixed, sorted);
  assert.equal(worstOf([OK, one("failing", 1), one("behind", 2)])?.state, "behind");
  assert.equal(worstOf([]), undefined);
  assert.deepEqual([0, 1, 2, 3].map((status) => severityOf(one("behind", status))), [
    "calm",
    "warning",
    "critical",
    "calm",
  ]);
  assert.equal(new Set(STATES).size, 11);
});

Deno.test("the heading of Processes says who does not answer, ends, or takes no events", () => {
  const process = (state: string | null, reachable = true) => ({ state, reachable, version: "1" });
  const running = process("running");
  const cases: [{ state: string | null; reachable: boolean; version: string }[], string][] = [
    [[], "unknown calm: No process runs on this host"],
    [[running], "running calm: The process is running"],
    [[running, running], "running calm: 2 processes run"],
    [[running, process(null, false)], "not heard from warning: 1 of 2 processes does not answer"],
    [[process(null, false)], "not heard from warning: The process does not answer"],
    [[running, process("stopping")], "draining calm: 1 of 2 processes is draining"],
    [[process("quiet"), process("quiet"), running], "quiet calm: 2 of 3 processes are quiet"],
    [[process("quiet")], "quiet calm: The process is quiet"],
  ];
  for (const [processes, said] of cases) {
    const { state, severity, text } = processVerdict(processes);
    assert.equal(`${state} ${severity}: ${text}`, said);
  }
});

Deno.test("the heading of Checks counts errors and warnings", () => {
  const cases: [string[], string][] = [
    [[], "ok calm: Nothing to fix"],
    [["ok", "ok"], "ok calm: Nothing to fix"],
    [["ok", "warning"], "warning warning: 1 warning"],
    [
      ["error", "warning", "error", "warning", "warning"],
      "error critical: 2 errors and 3 warnings",
    ],
    [["error"], "error critical: 1 error"],
  ];
  for (const [levels, said] of cases) {
    const { state, severity, text } = checksVerdict(levels.map((level) => ({ level })));
    assert.equal(`${state} ${severity}: ${text}`, said);
  }
});

const FIXES: readonly [fix: string, command: string | null, text: string][] = [
  ["process-queue resume mails", "process-queue resume mails", ""],
  ["chmod 600 /var/lib/pq/http-token", "chmod 600 /var/lib/pq/http-token", ""],
  [`rabbitmqctl set_policy f '{"a":1, "b":2}'`, `rabbitmqctl set_policy f '{"a":1, "b":2}'`, ""],
  ["kill -USR1 12, which restarts it", "kill -USR1 12", ", which restarts it."],
  ["kill 12, and start it again", "kill 12", ", and start it again."],
  ["make room on that disk", null, "Make room on that disk."],
];

Deno.test("a fix that is a command stays as it is typed; others are sentences", () => {
  for (const [fix, command, text] of FIXES) assert.deepEqual(fixParts(fix), { command, text });
});

Deno.test("a check that has passed says its area, and what was found", () => {
  assert.equal(passedWords({ area: "broker", message: "" }), "broker");
  assert.equal(passedWords({ area: "http", message: "127.0.0.1:9890" }), "http: 127.0.0.1:9890");
  assert.equal(passedWords({ area: "check", message: "mails is ok" }), "mails is ok");
});
