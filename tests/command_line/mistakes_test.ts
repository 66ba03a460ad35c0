import assert from "node:assert/strict";
import { parse, RUN_OPTIONS, SHARED_OPTIONS } from "../fixtures/command_line.ts";

const COMMANDS =
  "commands: publish, failed, peek, purge, new, types, migrate, seed, check-config, recover, mail, push, " +
  "status, pause, resume, restart, log-level, health, queues, check, doctor, deliver-scheduled-emails, " +
  "enqueue-digest-emails, email-mirror-server, email-mirror-pipe, events, dashboard, completion, manual\n";

const MISTAKES: readonly [line: string, message: string][] = [
  ...["0", "10 m", "1w", "4000d", "soon"].map((time): [string, string] => [
    `publish a {} --delay ${time.replace(" ", "_")}`,
    `option '--delay <time>' argument '${
      time.replace(" ", "_")
    }' is invalid. It must be a time of ` +
    `at least 1 s and at most 3650 days, as 90s, 10m, 2h or 1d.`,
  ]),
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
  ["--multi_threaded a --except b", "--except needs --all"],
  ["--queue a --settings", "option '--settings <module>' argument missing"],
  ["--queue a --skip-checks=yes", "--skip-checks takes no value"],
  ["-q a", `there is no option -q\noptions: ${RUN_OPTIONS}`],
  [
    "publish a --anyqueue",
    "there is no option --anyqueue; did you mean --any-queue?\n" +
    `options: --any-queue, --from, --delay, --window, --help, ${SHARED_OPTIONS}`,
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
    "mail test needs <address>\nusage: process-queue mail test [options] <address>",
  ],
  ["mail test ada@example.com --language de", "--language needs --template"],
  [
    "push test",
    "push test needs <user>\nusage: process-queue push test [options] <user>",
  ],
  [
    "deliver-scheduled-emails --drain",
    '--drain runs queues, and "deliver-scheduled-emails" does not',
  ],
  ...["25", "127.0.0.1", "127.0.0.1:65536", "::1:25", ":25", "http://a:25"].map(
    (address): [string, string] => [
      `email-mirror-server --listen ${address}`,
      `option '--listen <host:port>' argument '${address}' is invalid. It must be a host and a port, ` +
      "such as 127.0.0.1:2525.",
    ],
  ),
  [
    "events --shard-port 0",
    "option '--shard-port <port>' argument '0' is invalid. It must be a whole number from 1 to 65535.",
  ],
  ["events --all", '--all runs queues, and "events" does not'],
  [
    "pubish a --any-queue",
    "there is no command pubish; did you mean publish?\n" +
    COMMANDS +
    "to run queues, use --queue_name, --multi_threaded or --all",
  ],
  [
    "help pubish",
    "there is no command pubish; did you mean publish?\n" +
    COMMANDS +
    "to run queues, use --queue_name, --multi_threaded or --all",
  ],
  [
    "a",
    "there is no command a\n" + COMMANDS +
    "to run queues, use --queue_name, --multi_threaded or --all",
  ],
  [
    "publish",
    "publish needs <queue>\nusage: process-queue publish [options] <queue> [json]",
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
  ["failed", "failed needs a command: groups, list, show, retry, drop"],
  ["failed --json", "failed needs a command: groups, list, show, retry, drop"],
  [
    "failed lst a",
    "there is no command lst; did you mean list?\ncommands: groups, list, show, retry, drop",
  ],
  [
    "failed retry",
    "failed retry needs <queue>\nusage: process-queue failed retry [options] <queue>",
  ],
  [
    "failed show a",
    "failed show needs <handle>\nusage: process-queue failed show [options] <queue> <handle>",
  ],
  ["failed retry a --all --id b", "--all means all, so it goes with no filter"],
  ["failed list a --all", '--all runs queues, and "list" does not'],
  [
    "failed retry a --older-than 2",
    "option '--older-than <time>' argument '2' is invalid. It must be a number and s, m, h or d, such as " +
    "90s or 2d.",
  ],
  [
    "failed drop a --rate 0",
    "option '--rate <number>' argument '0' is invalid. It must be a whole number from 1 to 1000000.",
  ],
  ["purge", "purge needs the names of queues, or --all, and not both"],
  ["purge a --all", "purge needs the names of queues, or --all, and not both"],
  [
    "purge a --save b --include-retrying",
    "--save saves what is ready, so --include-retrying cannot go with it",
  ],
  ["publish a {} --from b", "publish takes an event or --from, not both"],
  ["publish a --from b --delay 5m", "publish --from publishes at once: leave --delay out"],
];

for (const [line, message] of MISTAKES) {
  Deno.test(`parseCommandLine refuses "${line}"`, () => {
    assert.throws(() => parse(line), { name: "UsageError", message });
  });
}

for (
  const line of [
    "--amqp_url amqp://me:sesame@a --amqp_url amqp://me:sesame@b",
    "--ampq_url=amqp://me:sesame@a",
    "amqp://me:sesame@a",
    "doctor --management http://me:sesame@a --management http://me:sesame@b",
    "doctor --managment=http://me:sesame@a",
    "doctor --management http://me:s/sesame@a --management http://me:s/sesame@b",
    "--amqp_url amqp://me:s/sesame@a --amqp_url amqp://me:s/sesame@b",
  ]
) {
  Deno.test(`parseCommandLine shows no password when it refuses ${line}`, () => {
    assert.throws(() => parse(line), (error: Error) => !error.message.includes("sesame"));
  });
}
