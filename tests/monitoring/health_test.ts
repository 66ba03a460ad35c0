import assert from "node:assert/strict";
import { findings, type HealthFacts, type Probe } from "../../lib/monitoring/health.ts";

const QUEUE = { queue: "mails", hasStarted: true, isParked: false, isInTime: true };
const WELL: HealthFacts = {
  sinceTurnMs: 100,
  isStopping: false,
  isBrokerUp: true,
  queues: [QUEUE],
};

/** What each probe says: live, ready, startup. */
const CASES: [what: string, facts: Partial<HealthFacts>, expected: [string, string, string]][] = [
  ["all is well", {}, ["", "", ""]],
  ["the broker is unavailable", { isBrokerUp: false }, ["", "broker: unavailable", ""]],
  ["the process stops", { isStopping: true }, ["", "process: stopping", ""]],
  ["a queue is parked", { queues: [{ ...QUEUE, isParked: true }] }, ["", "mails: parked", ""]],
  ["a queue starts", { queues: [{ ...QUEUE, hasStarted: false }] }, [
    "",
    "mails: starting",
    "mails: starting",
  ]],
  ["a handler hangs", { queues: [{ ...QUEUE, isInTime: false }] }, [
    "mails: a handler is past its limit and its grace",
    "",
    "",
  ]],
  ["the main thread is busy", { sinceTurnMs: 6000 }, [
    "process: the main thread was busy for 6 s",
    "",
    "",
  ]],
];

for (const [what, facts, expected] of CASES) {
  Deno.test(`probes where ${what}`, () => {
    const said = (["live", "ready", "startup"] satisfies Probe[]).map((probe) =>
      findings(probe, { ...WELL, ...facts }).map(({ name, problem }) => `${name}: ${problem}`)
        .join("; ")
    );
    assert.deepEqual(said, expected);
  });
}
