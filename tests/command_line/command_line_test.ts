import assert from "node:assert/strict";
import type { Command, MailCommand, RunCommand } from "../../lib/command_line/command.ts";
import { parseCommandLine } from "../../lib/command_line/command_line.ts";
import { VERSION } from "../../lib/system/version.ts";

function parse(line: string): Command {
  return parseCommandLine(line.split(" ").filter((word) => word !== ""));
}

const COMMON = {
  flags: {
    amqpUrl: undefined,
    workersDir: undefined,
    logFormat: undefined,
    logLevel: undefined,
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
  ["--all", { ...RUN, queues: { kind: "all" } }],
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

for (const [line, command] of RUNS) {
  Deno.test(`parseCommandLine reads ${line}`, () => assert.deepEqual(parse(line), command));
}

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
      anyQueue: false,
      window: 1000,
      ...COMMON,
    },
  ],
  [
    "publish test {} --any-queue --window 5",
    { mode: "publish", queue: "test", event: "{}", anyQueue: true, window: 5, ...COMMON },
  ],
  [
    "failed list test",
    { mode: "failed", action: "list", queue: "test", json: false, limit: 100, ...COMMON },
  ],
  [
    "failed list test --json --limit=5",
    { mode: "failed", action: "list", queue: "test", json: true, limit: 5, ...COMMON },
  ],
  [
    "failed retry test",
    { mode: "failed", action: "retry", queue: "test", json: false, limit: 100, ...COMMON },
  ],
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
  [
    "deliver-scheduled-emails",
    { mode: "deliver-scheduled-emails", once: false, lock: undefined, ...COMMON },
  ],
  [
    "deliver-scheduled-emails --once --lock a",
    { mode: "deliver-scheduled-emails", once: true, lock: "a", ...COMMON },
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

const RUN_OPTIONS =
  "--version, --queue_name, --worker_num, --multi_threaded, --skip-unknown, --all, --inline, " +
  "--drain, --watch, --lock, --exit-when-parked, --max_events, --max_seconds, --amqp_url, --workers-dir, --log-format, --log-level, " +
  "--help";
const SHARED_OPTIONS = "--amqp_url, --workers-dir, --log-format, --log-level";

const MISTAKES: readonly [line: string, message: string][] = [
  [
    "--queue_nme a",
    `there is no option --queue_nme; did you mean --queue_name?\noptions: ` +
    RUN_OPTIONS,
  ],
  [
    "--queue_na a",
    `there is no option --queue_na; did you mean --queue_name?\noptions: ` +
    RUN_OPTIONS,
  ],
  [
    "--max a",
    `there is no option --max; did you mean --max_events or --max_seconds?\noptions: ${RUN_OPTIONS}`,
  ],
  [
    "--queue a --worker 1",
    `there is no option --worker; did you mean --worker_num?\noptions: ${RUN_OPTIONS}`,
  ],
  [
    "--multi a b",
    `there is no option --multi; did you mean --multi_threaded?\noptions: ${RUN_OPTIONS}`,
  ],
  ["--queue a --skip-unknown", "--skip-unknown needs --multi_threaded"],
  ["--all --skip_unknown", "--skip-unknown needs --multi_threaded"],
  ["--queue a --settings", "option '--settings <module>' argument missing"],
  ["--queue a --skip-checks=yes", "--skip-checks takes no value"],
  ["-q a", `there is no option -q\noptions: ${RUN_OPTIONS}`],
  [
    "publish a --anyqueue",
    "there is no option --anyqueue; did you mean --any-queue?\n" +
    `options: --any-queue, --window, --help, ${SHARED_OPTIONS}`,
  ],
  ["--queue_name a --all", "--queue_name and --all cannot be combined: give one of them"],
  [
    "--queue a --multi_threaded b --all",
    "--queue_name and --multi_threaded and --all cannot be combined: give one of them",
  ],
  ["--all --worker_num 1", "--worker_num needs --queue_name"],
  ["--multi_threaded a --inline", "--inline needs --queue_name"],
  [
    "--queue a --worker_num -1",
    "option '--worker_num <number>' argument '-1' is invalid. " +
    "It must be a whole number from 0 to 65535.",
  ],
  [
    "--queue a --worker_num 1.5",
    "option '--worker_num <number>' argument '1.5' is invalid. " +
    "It must be a whole number from 0 to 65535.",
  ],
  [
    "--queue a --max_events 0",
    "option '--max_events <number>' argument '0' is invalid. " +
    "It must be a whole number from 1 to 1000000000000.",
  ],
  ["--queue_name", "option '--queue_name <queue>' argument missing"],
  ["--queue_name=", "option '--queue_name <queue>' argument '' is invalid. It is empty."],
  [
    "--queue_name --drain",
    "option '--queue_name <queue>' argument '--drain' is invalid. It is an option, not a value.",
  ],
  [
    "--queue a --queue b",
    "option '--queue_name <queue>' argument 'b' is invalid. It is given more than once.",
  ],
  [
    "--queue a --log-format xml",
    "option '--log-format <format>' argument 'xml' is invalid. It must be json or text.",
  ],
  ["--inline=yes --queue a", "--inline takes no value"],
  ["mail", "mail needs a command: preview, test"],
  [
    "mail previw",
    "there is no command previw; did you mean preview?\ncommands: preview, test",
  ],
  [
    "mail preview digest --format pdf",
    "option '--format <part>' argument 'pdf' is invalid. It must be html, text or subject.",
  ],
  [
    "mail test",
    "process-queue mail test needs <address>\nusage: process-queue mail test [options] <address>",
  ],
  ["mail test ada@example.com --language de", "--language needs --template"],
  [
    "deliver-scheduled-emails --drain",
    '--drain runs queues, and "deliver-scheduled-emails" does not',
  ],
  [
    "pubish a --any-queue",
    "there is no command pubish; did you mean publish?\n" +
    "commands: publish, failed, migrate, seed, check-config, recover, mail, " +
    "deliver-scheduled-emails\n" +
    "to run queues, use --queue_name, --multi_threaded or --all",
  ],
  [
    "help pubish",
    "there is no command pubish; did you mean publish?\n" +
    "commands: publish, failed, migrate, seed, check-config, recover, mail, " +
    "deliver-scheduled-emails\n" +
    "to run queues, use --queue_name, --multi_threaded or --all",
  ],
  [
    "a",
    "there is no command a\ncommands: publish, failed, migrate, seed, check-config, recover, mail, " +
    "deliver-scheduled-emails\n" +
    "to run queues, use --queue_name, --multi_threaded or --all",
  ],
  [
    "publish",
    "process-queue publish needs <queue>\nusage: process-queue publish [options] <queue> [json]",
  ],
  [
    "publish a { }",
    "too many arguments for publish; put quotes around JSON\n" +
    "usage: process-queue publish [options] <queue> [json]",
  ],
  [
    "check-config a",
    "too many arguments for check-config\nusage: process-queue check-config [options]",
  ],
  ["publish a --drain", '--drain runs queues, and "publish" does not'],
  ["failed", "failed needs a command: list, retry"],
  ["failed --json", "failed needs a command: list, retry"],
  ["failed lst a", "there is no command lst; did you mean list?\ncommands: list, retry"],
  [
    "failed retry",
    "process-queue failed retry needs <queue>\nusage: process-queue failed retry [options] <queue>",
  ],
];

const ZULIPS: readonly [line: string, own: string, ignored: string][] = [
  [
    "process_queue --queue_name=user_activity --skip-checks",
    "--queue_name=user_activity",
    "process_queue, --skip-checks",
  ],
  [
    "process_queue --queue_name=user_activity --skip-checks --worker_num 2",
    "--queue_name=user_activity --worker_num 2",
    "process_queue, --skip-checks",
  ],
  [
    "process_queue --multi_threaded a b --skip-checks",
    "--multi_threaded a b",
    "process_queue, --skip-checks",
  ],
  [
    "process_queue --all --settings=zproject.test_settings --automated",
    "--all",
    "process_queue, --settings, --automated",
  ],
  [
    "--settings a.b --pythonpath . -v 2 --queue a",
    "--queue a",
    "--settings, --pythonpath, --verbosity",
  ],
  ["--settings=x process_queue --queue a", "--queue a", "process_queue, --settings"],
  [
    "--settings x --skip_checks -v 2 -v3 process_queue --queue a --no-color",
    "--queue a",
    "process_queue, --settings, --skip-checks, --verbosity, --no-color",
  ],
  ["--pythonpath=. --verbosity=0 -v3 --queue a", "--queue a", "--pythonpath, --verbosity"],
  [
    "--queue a --traceback --no-traceback --no-color --force-color --no-automated --skip_checks",
    "--queue a",
    "--traceback, --no-traceback, --no-color, --force-color, --no-automated, --skip-checks",
  ],
];

for (const [line, own, ignored] of ZULIPS) {
  Deno.test(`parseCommandLine reads "${line}", as Zulip's manage.py does`, () => {
    const warnings = [`ignored, as only Zulip's manage.py needs it: ${ignored}`];
    assert.deepEqual(parse(line), { ...parse(own), warnings });
  });
}

Deno.test("parseCommandLine takes process_queue behind options of manage.py only", () => {
  assert.throws(() => parse("--all process_queue"), /there is no command process_queue/);
  assert.throws(() => parse("--settings process_queue x"), /there is no command x/);
  assert.throws(() => parse("process_queue process_queue"), /there is no command process_queue/);
});

for (const [line, message] of MISTAKES) {
  Deno.test(`parseCommandLine refuses "${line}"`, () => {
    assert.throws(() => parse(line), { name: "UsageError", message });
  });
}

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

for (
  const line of [
    "--amqp_url amqp://me:sesame@a --amqp_url amqp://me:sesame@b",
    "--ampq_url=amqp://me:sesame@a",
    "amqp://me:sesame@a",
  ]
) {
  Deno.test(`parseCommandLine shows no password when it refuses ${line}`, () => {
    assert.throws(() => parse(line), (error: Error) => !error.message.includes("sesame"));
  });
}

Deno.test("parseCommandLine answers --version", () => {
  assert.deepEqual(parse("--version"), { mode: "version", text: `process-queue ${VERSION}\n` });
});

for (const line of ["--help", "-h", "help", "--queue a --help"]) {
  Deno.test(`parseCommandLine answers ${line} with every option and command`, () => {
    const help = parse(line);
    assert(help.mode === "help");
    for (const part of [...RUN_OPTIONS.split(", "), "publish", "migrate", "Exit codes: 0"]) {
      assert(help.text.includes(part), part);
    }
  });
}

for (const line of ["publish --help", "help publish"]) {
  Deno.test(`parseCommandLine answers ${line} with the options of that command`, () => {
    const help = parse(line);
    assert(help.mode === "help");
    assert.match(help.text, /^Usage: process-queue publish \[options\] <queue> \[json\]/);
    assert.match(help.text, /--any-queue/);
  });
}

Deno.test("the help of each command lists the options that every command takes", () => {
  for (
    const line of [
      "publish",
      "failed list",
      "failed retry",
      "migrate",
      "seed",
      "check-config",
      "recover",
      "mail preview",
    ]
  ) {
    const command = parse(`${line} --help`);
    const text = "text" in command ? command.text : "";
    for (const name of SHARED_OPTIONS.split(", ")) assert(text.includes(`  ${name} `), text);
    assert(text.includes("\nOptions of every command:\n") && !text.includes("--queue_name"), text);
  }
});
