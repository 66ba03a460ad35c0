/**
 * The test command: what runs when, what is read out of `deno test`, and what is printed.
 *
 * @module
 */

import assert from "node:assert/strict";
import {
  countsLine,
  judge,
  readCountsLine,
  readSummary,
  together,
} from "../../scripts/test/counts.ts";
import { withoutSettings } from "../../scripts/test/environment.ts";
import { failuresIn, fileLine, Output, slowest } from "../../scripts/test/output.ts";
import { plan, planLong, planRabbitmq, type TestFile } from "../../scripts/test/plan.ts";
import { sumLogs } from "../../scripts/test/sum.ts";

Deno.test("the counts are read out of what deno test prints", () => {
  const read = (text: string) => {
    const counts = readSummary(text);
    return counts && countsLine(counts);
  };
  assert.equal(
    read(`ok | 3 passed | 0 failed (1s)\n`),
    "3 passed, 0 failed, 0 skipped",
  );
  assert.equal(
    read(
      "x\nFAILED | 2 passed (1 step) | 3 failed (1 step) | 1 ignored (1 step) (29ms)\n\n",
    ),
    "2 passed, 3 failed, 1 skipped",
  );
  assert.equal(
    read("ok | 1 passed | 0 failed | 1 measured | 4 filtered out (2ms)\n"),
    "1 passed, 0 failed, 0 skipped",
  );
  assert.equal(
    read("ok | 9 passed | 0 failed\nFAILED | 0 passed | 1 failed\n"),
    "0 passed, 1 failed, 0 skipped",
  );
  assert.equal(read("error: Module not found\n"), undefined);
});

Deno.test("a failure of deno test is one when no test failed", () => {
  const passed = "ok | 3 passed | 0 failed (1s)\n";
  const failed = (
    printed: string,
    code: number,
    signal: string | null = null,
  ) => judge(printed, { code, signal }).counts.failed;
  assert.equal(failed(passed, 0), 0);
  assert.equal(failed(passed, 1), 1);
  assert.equal(failed("error: Module not found\n", 1), 1);
  assert.equal(failed("", 143, "SIGTERM"), 1);
  assert.equal(failed("FAILED | 0 passed | 2 failed (1s)\n", 1), 2);
});

Deno.test("several runs of deno test count together, and each says what went wrong", () => {
  const passed = judge("ok | 3 passed | 0 failed | 1 ignored (1s)\n", { code: 0, signal: null });
  const failed = judge("FAILED | 1 passed | 2 failed (1s)\n", { code: 1, signal: null });
  const broken = judge("", { code: 1, signal: null });
  assert.equal(countsLine(together([passed, passed]).counts), "6 passed, 0 failed, 2 skipped");
  assert.equal(countsLine(together([passed, failed]).counts), "4 passed, 2 failed, 1 skipped");
  assert.equal(together([passed, failed]).problem, undefined);
  assert.equal(countsLine(together([broken, passed]).counts), "3 passed, 1 failed, 1 skipped");
  assert.match(together([broken, passed]).problem ?? "", /before it ran all tests/);
});

Deno.test("a line of counts is read back, and nothing else is", () => {
  assert.deepEqual(readCountsLine("x\n5 passed, 1 failed, 2 skipped\n"), {
    passed: 5,
    failed: 1,
    skipped: 2,
  });
  for (const text of ["", "x", "5 passed, 1 failed", "5 passed, 1 failed, 2 skipped\nx\n"]) {
    assert.equal(readCountsLine(text), undefined, text);
  }
});

Deno.test("the counts of several commands are added up", () => {
  const log = (name: string, text: string) => ({ name, text });
  const summed = (...texts: string[]) => {
    const { counts, problems } = sumLogs(texts.map((text, index) => log(`log${index}`, text)));
    return [countsLine(counts), ...problems];
  };
  const good = "ok\n5 passed, 0 failed, 0 skipped\n";
  assert.deepEqual(summed(good, good), ["10 passed, 0 failed, 0 skipped"]);
  assert.deepEqual(summed(good, "1 passed, 2 failed, 0 skipped\n"), [
    "6 passed, 2 failed, 0 skipped",
  ]);
  assert.deepEqual(summed("error\n", good), [
    "5 passed, 1 failed, 0 skipped",
    "log0 does not end with its counts",
  ]);
  assert.deepEqual(summed(good, "1 passed, 0 failed, 3 skipped\n"), [
    "6 passed, 0 failed, 3 skipped",
    "3 tests were skipped; none may be here",
  ]);
});

Deno.test("the program's settings are not in the environment of tests", () => {
  const names = ["PATH", "STATE_DIR", "AMQP_URL", "DATABASE_URL", "PQ_NOOP_PREFETCH", "PQ_X"];
  const more = ["MOBILE_NOTIFICATIONS_SHARDS", "NOOP_SHARDS", "REQUIRE_RABBITMQ", "TEST_RABBITMQ"];
  const environment = Object.fromEntries([...names, ...more].map((name) => [name, "x"]));
  assert.deepEqual(Object.keys(withoutSettings(environment)), [
    "PATH",
    "REQUIRE_RABBITMQ",
    "TEST_RABBITMQ",
  ]);
});

Deno.test("the ending of a file says when it runs", () => {
  const file = (path: string, text = ""): TestFile => ({ path, text });
  const files = [
    file("tests/a_test.ts"),
    file("tests/b_alone_test.ts", "startRabbitmq()"),
    file("tests/c_long_test.ts"),
    file("tests/d_test.ts", 'import { rabbitmqTest } from "../servers.ts";'),
    file("tests/e_test.ts", "privateRabbitmqTest("),
    file("tests/f_test.ts"),
    file("tests/g_long_test.ts", 'import { crashed } from "../fixtures/crash.ts";'),
  ];
  assert.deepEqual(plan(files), {
    beside: [["tests/e_test.ts"], ["tests/d_test.ts"], ["tests/a_test.ts", "tests/f_test.ts"]],
    alone: [["tests/b_alone_test.ts"]],
  });
  assert.deepEqual(planLong(files), {
    beside: [["tests/g_long_test.ts"], ["tests/c_long_test.ts"]],
    alone: [],
  });
});

Deno.test("the tests of RabbitMQ that are not long run on another version, too", () => {
  const file = (name: string, text: string): TestFile => ({ path: `tests/${name}_test.ts`, text });
  const files = [
    file("a", 'programTest("the program runs", async () => {});'),
    file("b_alone", 'rabbitmqTest("it measures time", async () => {});'),
    file("c_long", 'queueTest("it takes a minute", async () => {});'),
    file("d", 'Deno.test("it only speaks of rabbitmqTest(", () => {});'),
    file("e", 'privateRabbitmqTest("a node is killed", {}, async () => {});'),
  ];
  assert.deepEqual(planRabbitmq(files), {
    beside: [["tests/e_test.ts"], ["tests/a_test.ts"]],
    alone: [],
  });
});

Deno.test("files that start nothing share runs of at most twelve", () => {
  const files = Array.from({ length: 25 }, (_, n) => ({ path: `tests/${n}_test.ts`, text: "" }));
  assert.deepEqual(plan(files).beside.map(({ length }) => length), [12, 12, 1]);
});

const PRINTED = [
  "\x1b[0m\x1b[38;5;245mrunning 3 tests from ./tests/a_test.ts\x1b[0m",
  "the first ... \x1b[0m\x1b[32mok\x1b[0m \x1b[0m\x1b[38;5;245m(2ms)\x1b[0m",
  "the second ...",
  "------- output -------",
  "what it says",
  "----- output end -----",
  "  a step ... ok (1ms)",
  "the second ... FAILED (due to 1 failed step) (1s)",
  "the third ... ignored (0ms)",
  "running 1 test from ./tests/b_test.ts",
  "the fourth ... ok (1ms)",
  "",
  " ERRORS ",
  "",
  "the second => ./tests/a_test.ts:1:1",
  "error: AssertionError",
  "",
  "FAILED | 2 passed (1 step) | 1 failed | 1 ignored (2s)",
  "",
].join("\n");

function output(): Output {
  const bytes = new TextEncoder().encode(PRINTED);
  const [first, second] = [bytes.subarray(0, 50), bytes.subarray(50)];
  const read = new Output(900);
  read.add(first, 1000);
  read.add(second, 3500);
  return read;
}

Deno.test("each file gets a line with its counts and its time", () => {
  const results = output().files(4000);
  assert.deepEqual(results.map(fileLine), [
    "FAILED    2.6 s  tests/a_test.ts: 1 passed, 1 failed, 1 skipped",
    "ok        0.5 s  tests/b_test.ts: 1 passed, 0 failed, 0 skipped",
  ]);
  assert.deepEqual(slowest(results, 1), ["the slowest 1 files:", "   2.6 s  tests/a_test.ts"]);
});

Deno.test("a test that runs for more than a minute counts, too", () => {
  const long = new Output(0);
  const text = "running 1 test from ./tests/a_test.ts\n" +
    "it is slow ...'it is slow' has been running for over (1m0s)\n ok (1m59s)\n\n";
  long.add(new TextEncoder().encode(text), 119_000);
  assert.deepEqual(long.files(119_000).map(fileLine), [
    "ok      119.0 s  tests/a_test.ts: 1 passed, 0 failed, 0 skipped",
  ]);
});

Deno.test("failures are shown in full, without what passed", () => {
  const shown = failuresIn(output().text);
  assert.match(shown, /what it says/);
  assert.match(shown, /the second => .*\nerror: AssertionError/);
  assert.doesNotMatch(shown, /the first|the fourth|a step/);
});

Deno.test("the test command refuses a file that does not exist", async () => {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "scripts/test.ts", "tests/nope_test.ts"],
    cwd: new URL("../../", import.meta.url),
  }).output();
  const text = new TextDecoder();
  assert.equal(code, 1);
  assert.match(text.decode(stderr), /^there is no file tests\/nope_test\.ts$/m);
  assert.equal(text.decode(stdout), "0 passed, 1 failed, 0 skipped\n");
});
