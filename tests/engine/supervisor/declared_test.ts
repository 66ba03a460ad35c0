import assert from "node:assert/strict";
import { loadConfig } from "../../../lib/config/config.ts";
import { ConfigError } from "../../../lib/config/problem.ts";
import { MemoryBroker } from "../../../lib/engine/broker/memory.ts";
import {
  lackOf,
  type LackOptions,
  leftOutNotice,
} from "../../../lib/engine/supervisor/declared.ts";
import type { NoticeReport, Report } from "../../../lib/engine/report.ts";
import type { WorkerDescription } from "../../../lib/engine/executor/executor.ts";

const QUEUE = "email_senders";
const DESCRIBED = {
  description: { requires: ["EMAIL_HOST"] } as unknown as WorkerDescription,
  isMisplaced: false,
};
const MISPLACED = {
  description: { requires: [] } as unknown as WorkerDescription,
  isMisplaced: true,
};

/** The options of a queue in which this many events wait. */
async function optionsWith(events: number): Promise<LackOptions & { notices: NoticeReport[] }> {
  const notices: NoticeReport[] = [];
  const broker = new MemoryBroker();
  await broker.declare(QUEUE);
  for (let count = 0; count < events; count++) await broker.publish(QUEUE, "{}");
  return {
    file: { name: QUEUE, file: `/w/${QUEUE}.ts` },
    queue: QUEUE,
    workerNum: 0,
    config: loadConfig({}),
    broker,
    report: (report: Report) => void (report.kind === "notice" && notices.push(report)),
    onlyIfActive: true,
    notices,
  };
}

const LINES: readonly [missing: readonly string[], waiting: number | undefined, line: string][] = [
  [
    ["EMAIL_HOST"],
    12,
    "warning: Queue {queue} is left out: EMAIL_HOST is not set (12 events wait)",
  ],
  [["EMAIL_HOST"], 1, "warning: Queue {queue} is left out: EMAIL_HOST is not set (1 event waits)"],
  [["EMAIL_HOST"], 0, "info: Queue {queue} is left out: EMAIL_HOST is not set (no events wait)"],
  [["EMAIL_HOST"], undefined, "warning: Queue {queue} is left out: EMAIL_HOST is not set"],
  [["A", "B"], 2, "warning: Queue {queue} is left out: A and B are not set (2 events wait)"],
  [
    [],
    1,
    "warning: Queue {queue} is left out: DATABASE_URL is the database of a Zulip server, which it " +
    "is not for (1 event waits)",
  ],
];

for (const [missing, waiting, line] of LINES) {
  Deno.test(`a queue that is left out for ${missing} with ${waiting} events has a line`, () => {
    const { level, message, queue } = leftOutNotice(QUEUE, missing, waiting);
    assert.deepEqual([`${level}: ${message}`, queue], [line, QUEUE]);
  });
}

Deno.test("with --all a queue whose worker lacks a setting is left out with one line", async () => {
  const options = await optionsWith(3);
  assert.deepEqual(await lackOf(DESCRIBED, options, false), { kind: "inactive" });
  const messages = options.notices.map(({ message }) => message);
  assert.deepEqual(messages, ["Queue {queue} is left out: EMAIL_HOST is not set (3 events wait)"]);
});

Deno.test("a broker that does not say how many events wait leaves the queue out, too", async () => {
  const options = await optionsWith(0);
  options.broker.depth = () => Promise.reject(new Error("away"));
  assert.deepEqual(await lackOf(DESCRIBED, options, false), { kind: "inactive" });
  assert.equal(options.notices[0]?.message, "Queue {queue} is left out: EMAIL_HOST is not set");
});

Deno.test("a worker that lacks a setting is an error by name, and where its queue was consumed", async () => {
  const options = await optionsWith(0);
  for (const [onlyIfActive, hasConsumed] of [[false, false], [true, true]] as const) {
    const end = await lackOf(DESCRIBED, { ...options, onlyIfActive }, hasConsumed);
    assert(end?.kind === "not started" && end.thrown instanceof ConfigError);
    assert.match(end.error.message, /EMAIL_HOST: it is not set, and the worker of email_senders/);
  }
  assert.deepEqual(options.notices, []);
});

Deno.test("a worker that lacks no setting goes on", async () => {
  const config = loadConfig({ EMAIL_HOST: "mail.example.com" });
  const options = { ...await optionsWith(0), config };
  assert.equal(await lackOf(DESCRIBED, options, false), undefined);
});

Deno.test("a worker that is not for this database is left out, and an error by name", async () => {
  const options = await optionsWith(2);
  assert.deepEqual(await lackOf(MISPLACED, options, false), { kind: "inactive" });
  assert.match(options.notices[0]?.message ?? "", /a Zulip server.*\(2 events wait\)$/);
  const named = { ...options, onlyIfActive: false };
  const skipping = { ...named, skipsMisplaced: true };
  assert.deepEqual(await lackOf(MISPLACED, skipping, false), { kind: "inactive" });
  assert.equal((await lackOf(DESCRIBED, skipping, false))?.kind, "not started");
  const end = await lackOf(MISPLACED, named, false);
  assert(end?.kind === "not started" && end.thrown instanceof ConfigError);
  assert.equal(
    end.error.message,
    "the configuration has a problem: DATABASE_URL: it is the database of a Zulip server, which " +
      "the worker of email_senders is not for; leave this queue to manage.py, or set it to a " +
      "database of this program's own",
  );
});
