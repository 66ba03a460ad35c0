import assert from "node:assert/strict";
import type { Found } from "../../../lib/operations/doctor/finding.ts";
import type {
  ManagedNode,
  ManagedQueue,
  OwnQueue,
} from "../../../lib/operations/doctor/management/facts.ts";
import { nodesFound } from "../../../lib/operations/doctor/management/nodes.ts";
import { policiesFound } from "../../../lib/operations/doctor/management/policies.ts";
import {
  membersFound,
  orphansFound,
  unackedFound,
} from "../../../lib/operations/doctor/management/queues.ts";

const QUEUE: ManagedQueue = {
  name: "mails",
  type: "classic",
  state: "running",
  ready: 0,
  unacked: 0,
  consumers: 1,
  args: {},
  policy: {},
  policies: [],
  leader: null,
  members: [],
  online: [],
};
const QUORUM: ManagedQueue = { ...QUEUE, type: "quorum", members: ["a", "b", "c"], leader: "a" };
const NODE: ManagedNode = {
  name: "rabbit@a",
  isRunning: true,
  hasMemoryAlarm: false,
  hasDiskAlarm: false,
  partitions: [],
};
const WAITS = { kind: "retries", step: 60 } as const;
const FAILED = { kind: "dead letters" } as const;
const BACK = { "x-dead-letter-routing-key": "gone" };

const own = (queue: Partial<ManagedQueue>, role: OwnQueue["role"] = { kind: "events" }) => [
  { of: "mails", role, queue: { ...QUEUE, ...queue } },
];
const policy = (
  set: ManagedQueue["policy"],
  more: Partial<ManagedQueue> = {},
  role?: OwnQueue["role"],
) => policiesFound(own({ policy: set, policies: ["p"], ...more }, role), "/");
const members = (more: Partial<ManagedQueue>) => membersFound(own({ ...QUORUM, ...more }), "/");
const node = (more: Partial<ManagedNode>) => nodesFound([{ ...NODE, ...more }]);
const queues = (...all: Partial<ManagedQueue>[]) =>
  orphansFound(all.map((one) => ({ ...QUEUE, ...one })), "/");

const mend = (keys: string, name = "mails") =>
  `take ${keys} out of it, or have its pattern leave out ${name}: rabbitmqctl list_policies -p /`;
const STATUS = "start the nodes that have it: rabbitmq-queues quorum_status --vhost / mails";

/** What is found, as `level message → fix`. */
const ROWS: Readonly<Record<string, readonly [found: readonly Found[], ...lines: string[]]>> = {
  "no policy": [policy({})],
  "a policy that does no harm": [policy({ "ha-mode": "all", "queue-mode": "lazy" })],
  "a time to live": [
    policy({ "message-ttl": 5000 }),
    `warning policy p, in mails: events that wait for 5000 ms are lost → ${mend("message-ttl")}`,
  ],
  "a time to live and where dead letters go": [
    policy({ "message-ttl": 5000, "dead-letter-exchange": "dlx" }),
    "warning policy p, in mails: events that wait for 5000 ms go to the exchange dlx → " +
    mend("message-ttl"),
  ],
  "a time to live, and dead letters that an argument leads to a queue": [
    policy({ "message-ttl": 5000, "dead-letter-exchange": "dlx" }, {
      args: { "x-dead-letter-exchange": "", "x-dead-letter-routing-key": "old" },
    }),
    `warning policy p, in mails: events that wait for 5000 ms go to the queue old → ${
      mend("message-ttl")
    }`,
  ],
  "a time to live of dead letters": [
    policy({ "message-ttl": 5000 }, { name: "mails.failed" }, FAILED),
    "warning policy p, in mails.failed: dead letters that wait for 5000 ms are lost → " +
    mend("message-ttl", "mails.failed"),
  ],
  "a time to live below a retry's": [
    policy({ "message-ttl": 5000 }, { name: "mails.retry.60s" }, WAITS),
    "warning policy p, in mails.retry.60s: events come back after 5000 ms instead of 60 s → " +
    mend("message-ttl", "mails.retry.60s"),
  ],
  "a time to live that a retry's is below": [policy({ "message-ttl": 60_000 }, {}, WAITS)],
  "where dead letters go, alone": [policy({ "dead-letter-exchange": "dlx" })],
  "an expiry": [
    policy({ expires: 1000 }),
    "warning policy p, in mails: it is deleted with all in it after 1000 ms without a consumer → " +
    mend("expires"),
  ],
  "a length, and two policies": [
    policy({ "max-length": 10 }, { policies: ["p", "o"] }),
    "warning policy p or o, in mails: the oldest events are lost when it is full → " +
    mend("max-length"),
  ],
  "a length in bytes that refuses": [
    policy({ "max-length-bytes": 10, overflow: "reject-publish" }),
  ],
  "a length of retries that refuses, by an argument": [
    policy({ "max-length": 10 }, { args: { "x-overflow": "reject-publish" } }, WAITS),
    "warning policy p, in mails: it takes no more retries when it is full, and mails stops then → " +
    mend("max-length"),
  ],
  "a length of a quorum queue, whose policy goes before its argument": [
    policy(
      { "max-length": 10, overflow: "drop-head" },
      { type: "quorum", args: { "x-overflow": "reject-publish" } },
    ),
    "warning policy p, in mails: the oldest events are lost when it is full → " +
    mend("max-length"),
  ],
  "a low delivery limit": [
    policy({ "delivery-limit": 5, "message-ttl": 9 }, { type: "quorum" }),
    "warning policy p, in mails: events that wait for 9 ms are lost; events that were returned 5 " +
    `times are lost → ${mend("message-ttl, delivery-limit")}`,
  ],
  "a high delivery limit": [policy({ "delivery-limit": 6 }, { type: "quorum" })],
  "no delivery limit": [policy({ "delivery-limit": -1 }, { type: "quorum" })],
  "a delivery limit of a classic queue": [policy({ "delivery-limit": 1 })],
  "all members": [members({ online: ["a", "b", "c"] })],
  "two of three members": [
    members({ online: ["a", "c"] }),
    `warning only 2 of the 3 members of mails are online → ${STATUS}`,
  ],
  "one of three members": [
    members({ online: ["a"], state: "minority" }),
    `error mails cannot be used, as only 1 of its 3 members is online → ${STATUS}`,
  ],
  "no leader": [
    members({ online: ["a", "b"], leader: "" }),
    `error mails cannot be used, as none of its members leads → ${STATUS}`,
  ],
  "a leader that is not known": [members({ online: ["a", "b", "c"], leader: null })],
  "members that are not known": [members({ members: [], leader: "" })],
  "a classic queue whose node is down": [
    membersFound(own({ state: "down" }), "/"),
    "error mails cannot be used, as its state is down → " +
    "start the node that has it: rabbitmqctl cluster_status",
  ],
  "a queue at rest": [membersFound(own({ state: null }), "/")],
  "nothing unacknowledged": [unackedFound(own({}))],
  "events that consumers have": [
    unackedFound(own({ unacked: 1200 })),
    "ok consumers have 1,200 events of 1 queue unacknowledged",
  ],
  "events that somebody has": [
    unackedFound(own({ unacked: 3, consumers: 0 })),
    "warning 3 of mails are not acknowledged, and nobody consumes it → unless a process of it is " +
    "paused or stops, find who took them: rabbitmqctl list_channels connection " +
    "messages_unacknowledged",
  ],
  "events of which nothing is known": [unackedFound(own({ unacked: null, consumers: null }))],
  "no nodes": [nodesFound([])],
  "nodes that are well": [
    nodesFound([NODE, NODE]),
    "ok 2 nodes of RabbitMQ, without an alarm",
  ],
  "a node that is down": [
    node({ isRunning: false, hasMemoryAlarm: true }),
    "error node rabbit@a does not run → start it on its host: systemctl start rabbitmq-server",
  ],
  "a node with both alarms": [
    node({ hasMemoryAlarm: true, hasDiskAlarm: true }),
    "error node rabbit@a is short of memory, so RabbitMQ takes no events → free memory there: " +
    "rabbitmq-diagnostics -n rabbit@a memory_breakdown",
    "error node rabbit@a is short of disk space, so RabbitMQ takes no events → free space on its " +
    "disk: rabbitmq-diagnostics -n rabbit@a status",
  ],
  "a node that is cut off": [
    node({ partitions: ["rabbit@b"] }),
    "error node rabbit@a is cut off from rabbit@b → mend the network, and restart the nodes of one " +
    "side: rabbitmqctl cluster_status",
  ],
  "retries whose queue is there": [
    queues({ name: "gone" }, { name: "gone.retry.5s", args: BACK, ready: 3 }),
  ],
  "retries that cannot come back": [
    queues({ name: "gone.retry.5s", args: BACK, ready: 1 }),
    "error 1 event of gone.retry.5s cannot come back, as there is no queue gone → start a worker of " +
    "gone, which makes it; to drop them: rabbitmqctl delete_queue -p / gone.retry.5s",
  ],
  "queues of retries that nobody needs": [
    queues({ name: "gone.retry.5s", args: BACK }, { name: "gone.retry.7s", args: BACK }),
    "warning queues of retries that nobody needs: gone.retry.5s, gone.retry.7s → rabbitmqctl " +
    "delete_queue -p / gone.retry.5s; rabbitmqctl delete_queue -p / gone.retry.7s",
  ],
  "a step that no version has, and a queue that is there": [
    queues({ name: "gone" }, { name: "gone.retry.7s", args: BACK }),
    "warning queues of retries that nobody needs: gone.retry.7s → rabbitmqctl delete_queue -p / " +
    "gone.retry.7s",
  ],
  "queues of others with such names": [queues({ name: "gone.retry.5s", ready: 1 })],
  "queues of retries of which nothing is known": [
    queues({ name: "gone.retry.5s", args: BACK, ready: null }),
  ],
};

for (const [name, [found, ...lines]] of Object.entries(ROWS)) {
  Deno.test(`by RabbitMQ's management doctor finds ${name}`, () => {
    const shown = found.map(({ level, message, fix }) =>
      [level, message, ...(fix === undefined ? [] : ["→", fix])].join(" ")
    );
    assert.deepEqual(shown, lines);
  });
}
