import assert from "node:assert/strict";
import { parseCommandLine } from "../../lib/command_line/command_line.ts";
import { plainRun } from "../../lib/command_line/plain_run.ts";

const PLAIN: readonly string[] = [
  "--queue_name noop",
  "--queue-name noop --worker-num 3",
  "--worker_num 0 --queue_name noop --inline --max_events 5",
  "--queue_name noop --worker_num 65535 --max_events 1000000000000 --max_seconds 1000000000",
  "--queue_name noop --drain --max_seconds 60 --lock /run/noop.lock",
  "--multi_threaded noop",
  "--multi_threaded a b c --skip-unknown --log-level debug",
  "--all",
  "--all --except a b --http 127.0.0.1:8080 --exit-when-parked",
  "--all --watch --workers-dir mine --allow-unsafe-folder --log-format json",
];

for (const line of PLAIN) {
  Deno.test(`a plain line is read as the parser of all commands reads it: "${line}"`, () => {
    const args = line.split(" ");
    assert.deepEqual(plainRun(args), parseCommandLine(args));
  });
}

const OTHERS: readonly [args: readonly string[], why: string][] = [
  [[], "nothing is given"],
  [["--help"], "it is no run"],
  [["publish", "noop", "{}"], "it is another command"],
  [["--log-level", "debug", "publish", "noop", "{}"], "options are before another command"],
  [["--queue_name", "noop", "publish"], "there is a further word"],
  [["--queue_name=noop"], "a value is behind ="],
  [["--queue", "noop"], "an option has its other name"],
  [["process_queue", "--queue_name", "noop"], "it is Zulip's line"],
  [["--queue_name", "noop", "--skip-checks"], "an option is one of manage.py"],
  [["--queue_name"], "a value is missing"],
  [["--queue_name", ""], "a value is empty"],
  [["--queue_name", "-noop"], "a value looks like an option"],
  [["--queue_name", "noop", "--queue_name", "noop"], "an option is given twice"],
  [["--queue_name", "noop", "--all"], "two choices are given"],
  [["--queue_name", "noop", "--worker_num", "-1"], "a number is no number"],
  [["--queue_name", "noop", "--worker_num", "65536"], "a number is too large"],
  [["--queue_name", "noop", "--max_events", "1000000000001"], "there are too many events"],
  [["--queue_name", "noop", "--max_seconds", "1000000001"], "there are too many seconds"],
  [["--all", "--max_seconds", "0"], "a number is too small"],
  [["--queue_name", "noop", "--log-level", "loud"], "a choice is unknown"],
  [["--queue_name", "noop", "--drain", "now"], "a flag has a value"],
  [["--queue_name", "noop", "--amqp_url", "amqp://rabbit"], "an address may have a password"],
  [["--queue_name", "noop", "--zulip"], "the folder of Zulip may be left out"],
  [["--all", "--inline"], "an option needs --queue_name"],
  [["--all", "--worker_num", "1"], "an option needs --queue_name, too"],
  [["--queue_name", "noop", "--skip-unknown"], "an option needs --multi_threaded"],
  [["--multi_threaded", "noop", "--except", "a"], "an option needs --all"],
  [["--queue_name", "noop", "--constructor", "a"], "an option is unknown"],
  [["--queue_name", "noop", "--"], "there is an end of options"],
];

for (const [args, why] of OTHERS) {
  Deno.test(`the parser of all commands reads a line where ${why}: ${JSON.stringify(args)}`, () => {
    assert.equal(plainRun(args), undefined);
  });
}

/** The words of random lines. */
const WORDS = [
  ...["--queue_name", "--worker_num", "--multi_threaded", "--skip-unknown", "--all", "--except"],
  ...["--inline", "--drain", "--watch", "--lock", "--http", "--max_events", "--max_seconds"],
  ...["--workers-dir", "--log-level", "--log_format", "noop", "1", "debug", "json", "-x", "--"],
  ...["check", "failed", "__proto__", "--__proto__", "process_queue", "--zulip", "--color=no"],
];

Deno.test("of 20,000 lines of random words, none is read differently by both", () => {
  let [state, plain] = [1, 0];
  const random = (below: number) => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return Math.floor(state / 2 ** 32 * below);
  };
  for (let line = 0; line < 20_000; line++) {
    const args = Array.from({ length: random(5) }, () => WORDS[random(WORDS.length)] ?? "");
    const command = plainRun(args);
    if (!command) continue;
    plain++;
    assert.deepEqual(command, parseCommandLine(args), args.join(" "));
  }
  assert.ok(plain > 50, `only ${plain} lines were plain`);
});
