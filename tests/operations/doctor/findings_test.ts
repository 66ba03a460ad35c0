import assert from "node:assert/strict";
import {
  certificateInFile,
  certificateOfBroker,
  certificatesFound,
} from "../../../lib/operations/doctor/certificates.ts";
import { clocksFound } from "../../../lib/operations/doctor/clocks.ts";
import { findingOf, type Found } from "../../../lib/operations/doctor/finding.ts";
import { disksFound, httpFound } from "../../../lib/operations/doctor/host.ts";
import {
  journalsFound,
  pausesFound,
  socketsFound,
} from "../../../lib/operations/doctor/left_over.ts";
import { processesFound } from "../../../lib/operations/doctor/processes.ts";
import {
  connectionFound,
  deadLettersFound,
  judgedFound,
  shardsFound,
} from "../../../lib/operations/doctor/queues.ts";
import { noLook } from "../../../lib/operations/broker_look.ts";
import { reportOn } from "../../../lib/operations/queue_report.ts";
import { exampleSnapshot } from "../../fixtures/server/fake_control.ts";

const PROCESS = exampleSnapshot();
const FACTS = { version: "0.1.0", answered: [PROCESS], silent: [], active: ["mails"] };
const LOOPBACK = { host: "127.0.0.1", port: 9090 };
const HTTP = { address: LOOPBACK, hosts: [], basePath: "", openTokenFiles: [] };
const OPEN = { host: "0.0.0.0", port: 9090 };
const NOW = Date.parse("2026-01-04T12:00:00Z");
const PAUSE = { by: "ada", at: "2026-01-04T10:00:00.000Z", reason: null, until: null };
const SHARD = { queue: "mails_shard3", of: "mails", shards: 2, setting: "MAILS_SHARDS" };

const urls = (...all: string[]) => all.map((url) => new URL(url));
const all = (paths: readonly string[]) => paths;
const inFile = (validFrom: number, validTo: number) =>
  certificatesFound(
    [certificateInFile("AMQP_CA_FILE", "/etc/ca.pem", { validFrom, validTo })],
    NOW,
  );
const ofBroker = (validFrom: number, validTo: number) =>
  certificatesFound([certificateOfBroker("rabbit:5671", { validFrom, validTo })], NOW);
const clock = (aheadMs: number, uncertainMs = 1) =>
  clocksFound([{ of: "the database", aheadMs, uncertainMs }]);
const NTP = "have both hosts set their clocks by NTP: timedatectl set-ntp true";
const DAY = 864e5;
const pause = (more: Partial<Parameters<typeof pausesFound>[0][number]>) =>
  pausesFound([
    { queue: "mails", path: "/p", pause: { kind: "none" }, hasWorker: true, ...more },
  ], () => true);

/** What is found, as `level message → fix`. */
const ROWS: Readonly<Record<string, readonly [found: readonly Found[], ...lines: string[]]>> = {
  "a process that runs all": [processesFound(FACTS), "ok 1 process of version 0.1.0"],
  "no process": [
    processesFound({ ...FACTS, answered: [] }),
    "warning no process of this host runs queues → process-queue --all",
  ],
  "a process that does not answer": [
    processesFound({ ...FACTS, silent: [{ pid: 12, problem: "it took over 10 s" }] }),
    "error process 12 does not answer: it took over 10 s → if it still runs: kill 12, and start it again; else: process-queue doctor --fix",
  ],
  "only a process that does not answer": [
    processesFound({ ...FACTS, answered: [], silent: [{ pid: 12, problem: "no" }] }),
    "error process 12 does not answer: no → if it still runs: kill 12, and start it again; else: process-queue doctor --fix",
  ],
  "another version": [
    processesFound({ ...FACTS, version: "0.2.0" }),
    "warning process 4711 runs version 0.1.0, and this is 0.2.0 → kill -USR1 4711, which restarts it",
  ],
  "a zombie thread": [
    processesFound({ ...FACTS, answered: [{ ...PROCESS, zombie_threads: 1 }] }),
    "warning process 4711 has 1 thread that cannot be ended, and keep their memory → " +
    "kill -USR1 4711, which restarts it",
  ],
  "two processes with one file of statistics": [
    processesFound({ ...FACTS, answered: [PROCESS, { ...PROCESS, pid: 4712 }] }),
    "warning mails runs in 2 processes (4711, 4712), and its file of statistics says what the last " +
    "of them wrote → give each a QUEUE_STATS_DIR of its own",
  ],
  "a queue that no process runs": [
    processesFound({ ...FACTS, active: ["mails", "digests", "pushes"] }),
    "warning queues that no process of this host runs: digests, pushes → " +
    "process-queue --multi_threaded digests pushes",
  ],
  "room on the disk": [
    disksFound([{ setting: "STATE_DIR", folder: "/var", freeBytes: 1e9 }]),
    "ok over 1 GB is free",
  ],
  "little room on the disk": [
    disksFound([{ setting: "STATE_DIR", folder: "/var", freeBytes: 999e6 }]),
    "warning STATE_DIR: 999 MB are free on the disk of /var → make room on that disk",
  ],
  "hardly room on one of two disks": [
    disksFound([
      { setting: "STATE_DIR", folder: "/var", freeBytes: 2e9 },
      { setting: "QUEUE_STATS_DIR", folder: "/stats", freeBytes: 99.9e6 },
    ]),
    "error QUEUE_STATS_DIR: 99 MB are free on the disk of /stats → make room on that disk",
  ],
  "no HTTP server": [httpFound({ ...HTTP, address: undefined })],
  "HTTP on this host": [httpFound(HTTP), "ok listens on 127.0.0.1:9090"],
  "HTTP behind a proxy": [
    httpFound({ ...HTTP, address: OPEN, hosts: ["pq.example.com"] }),
    "ok listens on 0.0.0.0:9090",
  ],
  "HTTP open to all": [
    httpFound({ ...HTTP, address: OPEN }),
    "warning HTTP is open beyond this host on 0.0.0.0:9090, and has no TLS: tokens can be read on " +
    "the way → put a proxy with TLS before it, name it in HTTP_HOSTS, and set HTTP to a port alone",
  ],
  "a token that others may read": [
    httpFound({ ...HTTP, address: undefined, openTokenFiles: ["/t"] }),
    "warning others than its owner may read the token in /t → chmod 600 /t",
  ],
  "a pause that is over": [
    pause({}),
    "warning its pause is over and still kept → process-queue doctor --fix",
  ],
  "a pause in force": [pause({ pause: { kind: "paused", pause: PAUSE } })],
  "a pause of a queue without worker": [
    pause({ pause: { kind: "paused", pause: PAUSE }, hasWorker: false }),
    "warning it is paused by ada, and has no worker here → process-queue resume mails",
  ],
  "a pause that cannot be read": [
    pause({ pause: { kind: "unreadable", path: "/p", problem: "it is not a pause in JSON" } }),
    "error /p cannot be read, so the queue counts as paused: it is not a pause in JSON → " +
    "process-queue resume mails",
  ],
  "no socket left over": [socketsFound([], all)],
  "a socket left over": [
    socketsFound(["/a.sock", "/a.lock"], all),
    "warning left over: 2 files of control sockets whose processes have ended → " +
    "process-queue doctor --fix",
  ],
  "a journal that the next process reads": [
    journalsFound([{ queue: "mails", path: "/j", hasWorker: true, hasEvents: true }], all),
  ],
  "a journal that nobody reads": [
    journalsFound([{ queue: "gone", path: "/j", hasWorker: false, hasEvents: false }], all),
    "warning left over: 1 journal of queues that have no worker here: gone → " +
    "process-queue doctor --fix",
  ],
  "a journal with events of a queue whose worker may be elsewhere": [
    journalsFound([{ queue: "gone", path: "/j", hasWorker: false, hasEvents: true }], all),
    "warning no worker here reads the journal /j, which has events that ran in a crash → " +
    "start its worker, or remove the file if there is none any more",
  ],
  "a certificate that holds": [inFile(NOW, NOW + 30 * DAY)],
  "a certificate that ends soon": [
    inFile(NOW - 90 * DAY, NOW + DAY),
    "warning AMQP_CA_FILE: the certificate in /etc/ca.pem ends on 2026-01-05 → " +
    "put a new one into that file, and restart",
  ],
  "a certificate that has ended": [
    inFile(NOW - DAY, NOW),
    "error AMQP_CA_FILE: the certificate in /etc/ca.pem has ended on 2026-01-04 → " +
    "put a new one into that file, and restart",
  ],
  "a certificate that begins later": [
    inFile(NOW + DAY, NOW + 90 * DAY),
    "error AMQP_CA_FILE: the certificate in /etc/ca.pem is not valid before 2026-01-05 → " +
    "check this host's clock, or wait until then",
  ],
  "a certificate of RabbitMQ that holds": [ofBroker(NOW, NOW + 30 * DAY)],
  "a certificate of RabbitMQ that ends soon": [
    ofBroker(NOW - 90 * DAY, NOW + 29 * DAY),
    "warning the certificate of RabbitMQ at rabbit:5671 ends on 2026-02-02 → " +
    "put a new one into the file of ssl_options.certfile on RabbitMQ's host",
  ],
  "a certificate that lives for a day, with half of it left": [
    ofBroker(NOW - DAY / 2, NOW + DAY / 2),
  ],
  "a certificate that lives for a day, with a fourth of it left": [
    ofBroker(NOW - DAY * 3 / 4, NOW + DAY / 4),
    "warning the certificate of RabbitMQ at rabbit:5671 ends on 2026-01-04 → " +
    "put a new one into the file of ssl_options.certfile on RabbitMQ's host",
  ],
  "a certificate of RabbitMQ that has ended": [
    ofBroker(NOW - DAY, NOW - 1),
    "error the certificate of RabbitMQ at rabbit:5671 has ended on 2026-01-04 → " +
    "put a new one into the file of ssl_options.certfile on RabbitMQ's host",
  ],
  "a clock that agrees": [
    clock(-2001),
    "ok the clock of the database agrees with this host's",
  ],
  "a clock that is behind": [
    clock(-2002),
    `warning the clock of the database is 2.0 s behind this host's → ${NTP}`,
  ],
  "a clock that is ahead": [
    clock(12_345),
    `warning the clock of the database is 12.3 s ahead of this host's → ${NTP}`,
  ],
  "a clock that is far ahead": [
    clock(30_002),
    `error the clock of the database is 30.0 s ahead of this host's → ${NTP}`,
  ],
  "a clock that may be far ahead, after a slow answer": [
    clock(31_000, 2000),
    `warning the clock of the database is 29.0 s ahead of this host's → ${NTP}`,
  ],
  "no other clock": [clocksFound([])],
  "RabbitMQ on this host": [
    connectionFound({ urls: urls("amqp://localhost/", "amqp://127.0.0.1/"), version: "4.0.5" }),
    "ok RabbitMQ 4.0.5",
  ],
  "RabbitMQ of an unknown version": [
    connectionFound({ urls: urls("amqps://rabbit/"), version: null }),
  ],
  "an old RabbitMQ without encryption and heartbeat": [
    connectionFound({ urls: urls("amqp://rabbit/?heartbeat=0"), version: "3.9.29" }),
    "ok RabbitMQ 3.9.29",
    "error RabbitMQ 3.9.29 is older than 3.10 → upgrade RabbitMQ",
    "warning the connection to rabbit is not encrypted → set AMQP_URL to amqps://, or use a network " +
    "that nobody else reads",
    "warning heartbeat=0 in AMQP_URL: a connection that breaks may not be noticed → " +
    "take heartbeat=0 out of AMQP_URL",
  ],
  "many dead letters in memory": [
    deadLettersFound([{ queue: "mails", failed: 100_001 }], "3.11.28"),
    "warning 100,001 dead letters, which RabbitMQ 3.11.28 keeps in memory → rabbitmqctl set_policy " +
    "--apply-to queues failed-lazy '\\.failed$' '{\"queue-mode\":\"lazy\"}'",
  ],
  "some dead letters in memory": [deadLettersFound([{ queue: "a", failed: 100_000 }], "3.10.8")],
  "many dead letters on the disk": [deadLettersFound([{ queue: "a", failed: 1e6 }], "3.12.0")],
  "many dead letters anywhere": [deadLettersFound([{ queue: "a", failed: 1e6 }], null)],
  "events in a shard of before": [
    shardsFound([{ ...SHARD, ready: 3, consumers: 0 }]),
    "error 3 events in mails_shard3, which nobody consumes, as mails has 2 shards → " +
    "set MAILS_SHARDS back until mails_shard3 is empty",
  ],
  "a shard that others consume": [shardsFound([{ ...SHARD, ready: 3, consumers: 1 }])],
  "an empty shard of before": [shardsFound([{ ...SHARD, ready: 0, consumers: 0 }])],
};

for (const [name, [found, ...lines]] of Object.entries(ROWS)) {
  Deno.test(`doctor finds ${name}`, () => {
    const shown = found.map(({ level, message, fix }) =>
      [level, message, ...(fix === undefined ? [] : ["→", fix])].join(" ")
    );
    assert.deepEqual(shown, lines);
  });
}

Deno.test("doctor finds what check says, and counts what is fine and what is not known", () => {
  const demands = { thresholds: { warning: 30, critical: 60 }, consumers: null, failedLimit: null };
  const seen = { ...noLook(""), problem: null, exists: true, consumers: 0 };
  const sources = { queue: "mails", processes: [], pause: null, statistics: null, trend: null };
  const report = (ready: number) =>
    reportOn({ ...sources, look: { ...seen, ready }, now: NOW }, demands);
  const unknown = reportOn({ ...sources, look: noLook("no answer"), now: NOW }, demands);
  const found = judgedFound([report(0), report(20), unknown, unknown]);
  assert.deepEqual(found.map((one) => findingOf("check", one)), [
    {
      level: "error",
      area: "check",
      queue: null,
      message: "nothing is known of 2 queues: no answer",
      fix: null,
    },
    {
      level: "error",
      area: "check",
      queue: "mails",
      message: "no consumer: 20 wait and nobody consumes",
      fix: "start a worker: process-queue --queue_name mails",
    },
    { level: "ok", area: "check", queue: null, message: "1 queue ok", fix: null },
  ]);
});

Deno.test("what is left over is removed, and the sentence says what was", async () => {
  const removed: string[] = [];
  const [found] = socketsFound(["/a.sock", "/b.sock"], ([first = ""]) => {
    removed.push(first);
    return [first];
  });
  assert.deepEqual(removed, []);
  assert.equal(
    await found?.mend?.(),
    "removed 1 file of control sockets whose processes have ended",
  );
  assert.deepEqual(removed, ["/a.sock"]);
});

Deno.test("a pause that was renewed meanwhile is left", () => {
  const facts = { queue: "mails", path: "/p", pause: { kind: "none" }, hasWorker: true } as const;
  const [found] = pausesFound([facts], () => false);
  assert.equal(found?.mend?.(), "mails has been paused again, which was left");
});
