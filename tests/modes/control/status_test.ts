import assert from "node:assert/strict";
import { statusJson, statusLines } from "../../../lib/modes/control/status.ts";
import type { ProcessSnapshot, QueueSnapshot } from "../../../lib/monitoring/snapshot.ts";
import { exampleSnapshot } from "../../fixtures/server/fake_control.ts";

const NOW = Date.parse("2026-01-04T12:00:03Z");
const SOCKET = { path: "/state/control/4711-abcd.sock", pid: 4711 };

function answered(process: Partial<ProcessSnapshot>, queue: Partial<QueueSnapshot> = {}) {
  const example = exampleSnapshot();
  const queues = example.queues.map((one) => ({ ...one, last_error: null, ...queue }));
  return { socket: SOCKET, answer: { ...example, queues, ...process } };
}

Deno.test("status shows each process, what its queues run, and errors that go on", () => {
  const mails = answered({}, {
    running: [{ id: "7c1f2a3b-4c5d", age_seconds: 41.2, attempt: 1, suspect: false }],
    running_count: 12,
    processed: 81_204,
    failed: 3,
    restarts: 3,
    heap_bytes: 61_000_000,
    heap_limit_bytes: 256_000_000,
    last_error: {
      at: "2026-01-04T12:00:00.000Z",
      reason: "error",
      name: "SMTPError",
      message: "451 4.3.0 try again later",
      in_a_row: 17,
    },
  });
  assert.deepEqual(statusLines([mails], NOW, 100), [
    "HOST   PID    UP  VERSION  BROKER     RSS  STATE",
    "app1  4711  3d2h  0.1.0    up      212 MB  running, 1 queue",
    "  mails  12 run, oldest 41s (7c1f2a3b), 81,204 done, 3 failed, 3 restarts, heap 61/256 MB",
    "    SMTPError: 451 4.3.0 try again later (17 failures in a row, last 3s ago)",
  ]);
});

Deno.test("status shows who paused a queue, why and until when", () => {
  const paused = {
    by: "ada",
    at: "2026-01-04T10:00:00.000Z",
    reason: "template fix",
    until: "2026-01-04T18:00:00.000Z",
  };
  const [, , line] = statusLines([answered({}, { state: "paused", paused })], NOW, 100);
  const expected =
    "  mails  paused by ada 2h ago, until 2026-01-04 18:00Z (template fix), 0 done, 1 failed";
  assert.equal(line, expected);
});

Deno.test("status shows a process that does not answer, one that stops, and a broker without connection", () => {
  const { broker } = exampleSnapshot();
  const silent = {
    socket: { ...SOCKET, pid: 4790 },
    problem: "it did not answer in time",
    ageSeconds: 120,
  };
  const lines = statusLines(
    [
      silent,
      answered({ state: "stopping", broker: { ...broker, up: false } }, { running_count: 1 }),
    ],
    NOW,
    100,
  );
  assert.match(lines[1] ?? "", /^\?\s+4790\s+2m\s.*it did not answer in time$/);
  assert.match(lines[2] ?? "", /unavailable\s+212 MB\s+draining, 1 event runs, 1 queue$/);
});

Deno.test("no line is wider than the terminal, and errors do not control it", () => {
  const last_error = {
    at: "2026-01-04T12:00:00.000Z",
    reason: "error",
    name: "Error",
    message: `\x1b[2J${"x".repeat(190)}`,
    in_a_row: 1,
  };
  const lines = statusLines([answered({ host: "h".repeat(90) }, { last_error })], NOW, 80);
  assert(lines.every((line) => line.length <= 80), lines.join("\n"));
  assert(!lines.join("").includes("\x1b"));
});

Deno.test("status as JSON has the snapshots, and what did not answer", () => {
  const silent = {
    socket: { ...SOCKET, pid: 4790 },
    problem: "it has ended",
    ageSeconds: undefined,
  };
  const { schema, at, processes } = JSON.parse(statusJson([answered({}), silent], NOW));
  assert.deepEqual([schema, at], [1, "2026-01-04T12:00:03.000Z"]);
  assert.deepEqual([processes[0].pid, processes[0].reachable, processes[0].via], [
    4711,
    true,
    "socket",
  ]);
  assert.deepEqual(processes[1], {
    pid: 4790,
    reachable: false,
    via: "socket",
    heard_at: null,
    error: "it has ended",
  });
});
