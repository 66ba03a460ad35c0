import assert from "node:assert/strict";
import { type HoldFacts, timeoutsFound } from "../../../lib/operations/doctor/timeouts.ts";

const FACTS: HoldFacts = {
  queue: "mails",
  waitSeconds: 60,
  runSeconds: 30,
  setting: "PQ_MAILS_MAX_CONSUME_SECONDS",
  timeoutSeconds: 1800,
  isOfQueue: false,
};
const DIGESTS = { queue: "digests", setting: "PQ_DIGESTS_MAX_CONSUME_SECONDS" };

/** What is found, as `level queue message → fix`. */
const ROWS: Readonly<
  Record<string, readonly [facts: readonly Partial<HoldFacts>[], ...lines: string[]]>
> = {
  "a run that is short": [[{}]],
  "a run and a wait that take just as long": [[{ runSeconds: 1740 }]],
  "a run and a wait that take too long": [
    [{ runSeconds: 1741 }],
    "warning mails an event may wait here for 60 s and run for 1,741 s, and RabbitMQ takes it back " +
    "after 1,800 s, unless its consumer_timeout says otherwise → have consumer_timeout = 1861000 in " +
    "rabbitmq.conf, or set PQ_MAILS_MAX_CONSUME_SECONDS lower",
  ],
  "a queue that says itself how long RabbitMQ waits": [
    [{ timeoutSeconds: 70, isOfQueue: true }],
    "warning mails an event may wait here for 60 s and run for 30 s, and RabbitMQ takes it back " +
    "after 70 s, as an argument or a policy of the queue says → raise its consumer timeout to " +
    "150000 ms, or set PQ_MAILS_MAX_CONSUME_SECONDS lower",
  ],
  "a queue for which RabbitMQ waits long enough": [
    [{ runSeconds: 7200, timeoutSeconds: 8000, isOfQueue: true }],
  ],
  "a run without a limit, of a queue that says how long RabbitMQ waits": [
    [{ runSeconds: null, isOfQueue: true }],
  ],
  "runs without a limit, together": [
    [{ runSeconds: null }, { ...DIGESTS, runSeconds: null }],
    "warning - runs of mails and digests have no limit of time, and RabbitMQ takes an event back " +
    "after 1,800 s, unless its consumer_timeout says otherwise → set consumer_timeout in " +
    "rabbitmq.conf to more ms than their longest run, or set PQ_MAILS_MAX_CONSUME_SECONDS and " +
    "PQ_DIGESTS_MAX_CONSUME_SECONDS",
  ],
};

for (const [name, [facts, ...lines]] of Object.entries(ROWS)) {
  Deno.test(`doctor judges ${name}`, () => {
    const found = timeoutsFound(facts.map((one) => ({ ...FACTS, ...one })));
    const shown = found.map(({ level, queue, message, fix }) =>
      `${level} ${queue ?? "-"} ${message} → ${fix}`
    );
    assert.deepEqual(shown, lines);
  });
}
