import assert from "node:assert/strict";
import type { Command, MailCommand, RunCommand } from "../../lib/command_line/command.ts";
import { parse } from "../fixtures/command_line.ts";

const COMMON = {
  flags: {
    amqpUrl: undefined,
    workersDir: undefined,
    allowUnsafeFolder: undefined,
    logFormat: undefined,
    logLevel: undefined,
    zulip: undefined,
    http: undefined,
  },
  warnings: [],
};

const RUN: RunCommand = {
  mode: "run",
  queues: { kind: "one", queue: "user_activity", workerNum: 0 },
  inline: false,
  drain: false,
  watch: false,
  lock: undefined,
  exitWhenParked: false,
  maxEvents: undefined,
  maxSeconds: undefined,
  ...COMMON,
};

const SHARD_2 = { kind: "one", queue: "user_activity", workerNum: 2 } as const;
const TWO_QUEUES = { kind: "several", queues: ["a", "b"], skipUnknown: false } as const;

const RUNS: readonly [line: string, command: RunCommand][] = [
  ["--queue_name user_activity", RUN],
  ["--queue-name user_activity", RUN],
  ["--queue=user_activity", RUN],
  ["--queue_name=user_activity --worker_num 2", { ...RUN, queues: SHARD_2 }],
  ["--worker-num=2 --queue user_activity", { ...RUN, queues: SHARD_2 }],
  ["--queue user_activity --inline --drain", { ...RUN, inline: true, drain: true }],
  ["--queue user_activity --max_events 10", { ...RUN, maxEvents: 10 }],
  ["--queue user_activity --max-seconds=60", { ...RUN, maxSeconds: 60 }],
  ["--all", { ...RUN, queues: { kind: "all", except: [] } }],
  ["--all --except a b", { ...RUN, queues: { kind: "all", except: ["a", "b"] } }],
  ["--multi_threaded a b", { ...RUN, queues: TWO_QUEUES }],
  ["--multi-threaded a b --drain", { ...RUN, queues: TWO_QUEUES, drain: true }],
  ["--multi_threaded a b --skip-unknown", { ...RUN, queues: { ...TWO_QUEUES, skipUnknown: true } }],
  [
    "--queue user_activity --log-format json --log_level debug --workers_dir /srv",
    {
      ...RUN,
      flags: { ...COMMON.flags, logFormat: "json", logLevel: "debug", workersDir: "/srv" },
    },
  ],
];

const ALL: RunCommand = { ...RUN, queues: { kind: "all", except: [] } };
const ZULIPS: readonly [line: string, command: RunCommand][] = [
  ["--all --zulip", { ...ALL, flags: { ...COMMON.flags, zulip: "/etc/zulip" } }],
  ["--zulip --all", { ...ALL, flags: { ...COMMON.flags, zulip: "/etc/zulip" } }],
  ["--zulip /srv/zulip --all", { ...ALL, flags: { ...COMMON.flags, zulip: "/srv/zulip" } }],
  ["--zulip=conf --all", { ...ALL, flags: { ...COMMON.flags, zulip: "conf" } }],
  ["--zulip ./conf --all", { ...ALL, flags: { ...COMMON.flags, zulip: "./conf" } }],
];
for (const [line, command] of ZULIPS) {
  Deno.test(`parseCommandLine reads ${line}`, () => assert.deepEqual(parse(line), command));
}

Deno.test("what follows --zulip is the name of a queue unless it begins as a path", () => {
  const publish = parse("publish --zulip test {}");
  assert.equal(publish.mode === "publish" && publish.queue, "test");
  assert.equal(publish.mode === "publish" && publish.flags.zulip, "/etc/zulip");
});

for (const [line, command] of RUNS) {
  Deno.test(`parseCommandLine reads ${line}`, () => assert.deepEqual(parse(line), command));
}

const PUBLISH = { anyQueue: false, window: 1000, ...COMMON };

const FAILED = {
  mode: "failed",
  queue: "test",
  json: false,
  countsDelivery: false,
  ...COMMON,
} as const;
const NONE = {
  error: undefined,
  text: undefined,
  olderThan: undefined,
  newerThan: undefined,
  retried: undefined,
};
const NO_FILTER = { ids: [], groups: [], reasons: [], ...NONE };
const FILTER = {
  ids: ["7d1b4c", "a"],
  groups: ["f3a91c02"],
  reasons: ["error"],
  error: "451",
  text: "ada",
  olderThan: 7200,
  newerThan: 86_400,
  retried: 0,
};
const REPAIR = {
  ...FAILED,
  filter: NO_FILTER,
  isChosen: true,
  limit: undefined,
  rate: undefined,
  dryRun: false,
  yes: false,
};
const RETRY = {
  ...REPAIR,
  action: "retry",
  to: undefined,
  bodyFile: undefined,
  save: undefined,
} as const;
const DROP = { ...REPAIR, action: "drop" } as const;
const PEEK = {
  mode: "peek",
  queue: "test",
  json: false,
  countsDelivery: false,
  ...COMMON,
} as const;
const PURGE = {
  mode: "purge",
  queues: ["test", "user_activity"],
  all: false,
  save: undefined,
  includeFailed: false,
  includeRetrying: false,
  yes: false,
  json: false,
  ...COMMON,
} as const;

const PREVIEW: MailCommand = {
  mode: "mail",
  action: "preview",
  template: undefined,
  language: undefined,
  sample: undefined,
  json: undefined,
  format: undefined,
  ...COMMON,
};

const MAIL_TEST = { mode: "mail", action: "test", address: "ada@example.com", ...COMMON } as const;

const COMMANDS: readonly [line: string, command: Command][] = [
  [
    "publish test",
    {
      mode: "publish",
      queue: "test",
      event: undefined,
      from: undefined,
      anyQueue: false,
      window: 1000,
      ...COMMON,
    },
  ],
  [
    "publish test {} --any-queue --window 5",
    {
      mode: "publish",
      queue: "test",
      event: "{}",
      from: undefined,
      anyQueue: true,
      window: 5,
      ...COMMON,
    },
  ],
  ...([["90", 90], ["90s", 90], ["10m", 600], ["2h", 7200], ["1d", 86_400]] as const).map(
    ([time, delaySeconds]): [string, Command] => [
      `publish test {} --delay ${time}`,
      {
        mode: "publish",
        queue: "test",
        event: "{}",
        from: undefined,
        anyQueue: false,
        delaySeconds,
        window: 1000,
        ...COMMON,
      },
    ],
  ),
  [
    "publish test --from a.jsonl",
    { mode: "publish", queue: "test", event: undefined, from: "a.jsonl", ...PUBLISH },
  ],
  ["failed groups test", { ...FAILED, action: "groups", scan: 10_000 }],
  ["failed groups test --scan 5 --count-a-delivery", {
    ...FAILED,
    action: "groups",
    scan: 5,
    countsDelivery: true,
  }],
  ["failed list test", { ...FAILED, action: "list", filter: NO_FILTER, limit: 100 }],
  ["failed list test --json --limit=5", {
    ...FAILED,
    action: "list",
    filter: NO_FILTER,
    json: true,
    limit: 5,
  }],
  [
    "failed list test --id 7d1b4c a --group f3a91c02 --reason error --error 451 --text ada " +
    "--older-than 2h --newer-than 1d --retried 0",
    { ...FAILED, action: "list", filter: FILTER, limit: 100 },
  ],
  ["failed show test 7d1b4c --raw", { ...FAILED, action: "show", handle: "7d1b4c", raw: true }],
  ["failed retry test", { ...RETRY, isChosen: false }],
  ["failed retry test --all --rate 20 --limit 3 --yes --to b --body c --save d", {
    ...RETRY,
    rate: 20,
    limit: 3,
    yes: true,
    to: "b",
    bodyFile: "c",
    save: "d",
  }],
  ["failed drop test --all --dry-run", { ...DROP, save: undefined, dryRun: true }],
  ["failed drop test --all --no-save", { ...DROP, save: false }],
  ["failed drop test --all --save a", { ...DROP, save: "a" }],
  ["peek test", { ...PEEK, limit: 10 }],
  ["peek test --limit 3 --json", { ...PEEK, limit: 3, json: true }],
  ["purge test user_activity", PURGE],
  ["purge --all --include-failed --include-retrying --yes", {
    ...PURGE,
    queues: [],
    all: true,
    includeFailed: true,
    includeRetrying: true,
    yes: true,
  }],
  ["migrate", { mode: "migrate", ...COMMON }],
  ["seed", { mode: "seed", envFile: undefined, ...COMMON }],
  ["seed --env .env", { mode: "seed", envFile: ".env", ...COMMON }],
  ["recover a b", { mode: "recover", from: "a", to: "b", ...COMMON }],
  ["mail preview", PREVIEW],
  [
    "mail preview digest --language de --sample week --format html",
    { ...PREVIEW, template: "digest", language: "de", sample: "week", format: "html" },
  ],
  ["mail preview digest --json @a.json", { ...PREVIEW, template: "digest", json: "@a.json" }],
  [
    "mail test ada@example.com",
    { ...MAIL_TEST, template: undefined, language: undefined },
  ],
  [
    "mail test ada@example.com --template digest --language de",
    { ...MAIL_TEST, template: "digest", language: "de" },
  ],
  ["push test 7", { mode: "push", action: "test", user: "7", ...COMMON }],
  [
    "deliver-scheduled-emails",
    { mode: "deliver-scheduled-emails", once: false, lock: undefined, ...COMMON },
  ],
  ["dashboard", { mode: "dashboard", ...COMMON }],
  [
    "dashboard --http 9999",
    { mode: "dashboard", ...COMMON, flags: { ...COMMON.flags, http: "9999" } },
  ],
  [
    "events",
    { mode: "events", host: "127.0.0.1", port: 9800, shardPort: undefined, ...COMMON },
  ],
  [
    "events --port 0 --host ::1",
    { mode: "events", host: "::1", port: 0, shardPort: undefined, ...COMMON },
  ],
  [
    "events --shard-port 9801",
    { mode: "events", host: "127.0.0.1", port: 9801, shardPort: 9801, ...COMMON },
  ],
  [
    "deliver-scheduled-emails --once --lock a",
    { mode: "deliver-scheduled-emails", once: true, lock: "a", ...COMMON },
  ],
  ["enqueue-digest-emails", { mode: "enqueue-digest-emails", dryRun: false, ...COMMON }],
  ["enqueue-digest-emails --dry-run", { mode: "enqueue-digest-emails", dryRun: true, ...COMMON }],
  [
    "email-mirror-server",
    { mode: "email-mirror-server", listen: { host: "127.0.0.1", port: 2525 }, ...COMMON },
  ],
  [
    "email-mirror-server --listen 0.0.0.0:25",
    { mode: "email-mirror-server", listen: { host: "0.0.0.0", port: 25 }, ...COMMON },
  ],
  [
    "email-mirror-server --listen=[::1]:0",
    { mode: "email-mirror-server", listen: { host: "::1", port: 0 }, ...COMMON },
  ],
  [
    "email-mirror-server --listen mx.example.com:2525",
    { mode: "email-mirror-server", listen: { host: "mx.example.com", port: 2525 }, ...COMMON },
  ],
  [
    "email-mirror-pipe a@mirror.example",
    { mode: "email-mirror-pipe", recipient: "a@mirror.example", ...COMMON },
  ],
  ["check-config --json", { mode: "check-config", json: true, ...COMMON }],
  [
    "check-config --log-level debug",
    {
      mode: "check-config",
      json: false,
      ...COMMON,
      flags: { ...COMMON.flags, logLevel: "debug" },
    },
  ],
];

for (const [line, command] of COMMANDS) {
  Deno.test(`parseCommandLine reads ${line}`, () => assert.deepEqual(parse(line), command));
}

Deno.test("parseCommandLine leaves it to who knows the queues to say that none is named", () => {
  for (const line of ["", "--drain", "--workers-dir mine"]) {
    const command = parse(line);
    assert.deepEqual(command.mode === "run" && command.queues, { kind: "none" });
  }
});

Deno.test("parseCommandLine takes everything behind -- as it is", () => {
  const command = parse("publish test -- --queue");
  assert.equal(command.mode === "publish" && command.event, "--queue");
});

Deno.test("parseCommandLine warns of a password in --amqp_url", () => {
  const command = parse("--queue a --amqp_url amqp://me:sesame@rabbit");
  assert(command.mode === "run");
  assert.deepEqual(command.warnings, [
    "--amqp_url holds a password, which every user of this machine can see in the list of " +
    "processes: set the variable AMQP_URL instead",
  ]);
  assert.equal(command.flags.amqpUrl, "amqp://me:sesame@rabbit");
});

Deno.test("parseCommandLine does not warn of an --amqp_url without a password", () => {
  const command = parse("--queue a --amqp_url amqp://rabbit");
  assert.deepEqual(command.mode === "run" && command.warnings, []);
});
