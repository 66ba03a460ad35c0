/**
 * `failed groups|show|retry|drop` and `publish --from`, with a broker in memory.
 *
 * @module
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { loadConfig } from "../../lib/config/config.ts";
import { runFailed } from "../../lib/modes/failed/failed.ts";
import { runPublish } from "../../lib/modes/publish/publish.ts";
import { handleOf } from "../../lib/operations/failed/handle.ts";
import { inFolder } from "../domain/database/each_database.ts";
import { parse } from "../fixtures/command_line.ts";
import { deadLetter, type Letter } from "../fixtures/dead_letters.ts";
import { MemoryServices } from "./memory_services.ts";

const SMTP: Letter = { name: "SMTPError", message: "451 for user 7" };

/** Services with these dead letters of the queue `test`. */
async function withLetters(...letters: Letter[]): Promise<MemoryServices> {
  const around = new MemoryServices();
  await around.broker.declare("test");
  await around.broker.declare("test.failed");
  for (const letter of letters) {
    const { body, properties } = deadLetter(letter);
    await around.broker.publish("test.failed", body, properties);
  }
  return around;
}

/** Runs a command. @returns The exit code, and what it printed. */
async function run(line: string, around: MemoryServices, stateDir = "/nowhere") {
  const command = parse(line);
  const config = loadConfig({ AMQP_URL: "amqp://broker", STATE_DIR: stateDir });
  const noInput = () => ({ bytes: (async function* () {})() });
  const code = command.mode === "failed"
    ? await runFailed(command, config, around)
    : command.mode === "publish"
    ? await runPublish(command, config, around, noInput)
    : assert.fail(line);
  return { code, printed: around.printed.splice(0), warned: around.warned.splice(0) };
}

Deno.test("failed groups counts by cause, the largest group first", async () => {
  const around = await withLetters(
    SMTP,
    { reason: "timeout", name: "TimeoutError", message: "took over 30 s" },
    { ...SMTP, id: "b", message: "451 for user 8", failedAt: "2026-01-03T00:00:00.000Z" },
  );
  const { printed } = await run("failed groups test", around);
  const [head, first = "", error, sample = "", second = "", ...rest] = printed;
  assert.match(head ?? "", /^group {5}count {2}reason {3}first failure {9}last failure$/);
  assert.match(
    first,
    /^[0-9a-f]{8} {2}2 {6}error {4}2026-01-02T03:04:05Z {2}2026-01-03T00:00:00Z$/,
  );
  assert.equal(error, "  SMTPError: 451 for user 7");
  assert.equal(sample, `  such as ${handleOf(deadLetter(SMTP))}`);
  assert.match(second, /^[0-9a-f]{8} {2}1 {6}timeout/);
  assert.equal(rest.at(-1), "2 groups in 3 events in test.failed");
  const part = await run("failed groups test --scan 1 --json", around);
  const { groups, ...scan } = JSON.parse(part.printed[0] ?? "");
  assert.deepEqual(scan, { schema: 1, queue: "test", scanned: 1, of: 3, complete: false });
  assert.equal(groups[0].message, "451 for user 7");
  assert.equal(groups[0].fingerprint, first.slice(0, 8));
  const text = await run("failed groups test --scan 1", around);
  assert.equal(text.printed.at(-1), "1 group in the first 1 of 3 events in test.failed");
});

Deno.test("failed show prints all of one event, masked, and its body as it is on request", async () => {
  const body = '{"to":"ada@example.com","id":12345678901234567890,"more":[],"list":[1,{"a":"b"}]}';
  const letter = {
    body,
    message: "no ada@example.com\nand more",
    stack: "Error: no\n    at send (file:///srv/mails.ts:1:2)",
    retried: 2,
    headers: { tenant: "a", "x-pq-retried-by": "ada", "x-pq-retried-at": 0 },
  };
  const around = await withLetters(letter);
  around.trials = { test: { secrets: ["to"] } };
  const { printed } = await run("failed show test 9d0f", around);
  assert.deepEqual(printed, [
    `handle:          ${handleOf(deadLetter(letter))}`,
    "id:              9d0f",
    printed[2] ?? "",
    "reason:          error",
    "error:           Error: no ***",
    "  and more",
    "failed at:       2026-01-02T03:04:05.678Z",
    "put back:        2 times, last at 1970-01-01T00:00:00.000Z by ada",
    "properties:",
    "  messageId: 9d0f",
    "headers:",
    "  tenant: a",
    "stack:",
    "  Error: no",
    "      at send (file:///srv/mails.ts:1:2)",
    `body, ${body.length} bytes:`,
    "  {",
    '    "to": "***",',
    '    "id": 12345678901234567890,',
    '    "more": [],',
    '    "list": [',
    "      1,",
    "      {",
    '        "a": "b"',
    "      }",
    "    ]",
    "  }",
  ]);
  assert.deepEqual((await run("failed show test 9d0f --raw", around)).printed, [body]);
  const json = JSON.parse((await run("failed show test 9d0f --json", around)).printed[0] ?? "");
  assert.equal(json.error.message, "no ***\nand more");
  await assert.rejects(run("failed show test 000000", around), {
    name: "UsageError",
    message: "none of the 1 event in test.failed has the handle or id 000000: it was put back or " +
      "dropped, or it has failed again and has another handle; see failed list",
  });
});

Deno.test("a repair without a choice of events is refused, with the number there is", async () => {
  const around = await withLetters(SMTP, {});
  for (const [action, verb] of [["retry", "put back"], ["drop", "drop"]]) {
    await assert.rejects(run(`failed ${action} test`, around), {
      name: "UsageError",
      message:
        `test.failed has 2 events: say which to ${verb}, with --all or with a filter such as ` +
        "--group, --id or --reason",
    });
  }
});

Deno.test("a repair asks with numbers, and changes nothing unless the answer is yes", async () => {
  const around = await withLetters(SMTP, { ...SMTP, id: "b" }, { reason: "invalid", id: "c" });
  const line = "failed retry test --error smtp --rate 1";
  await assert.rejects(run(line, around), {
    name: "UsageError",
    message:
      "Put 2 events back into test at 1 a second (2 s)? Nobody can be asked here: add --yes " +
      "if it is meant",
  });
  around.answer = false;
  around.warned.length = 0;
  const no = await run(line, around);
  assert.deepEqual([no.code, no.printed], [1, []]);
  assert.deepEqual(no.warned, [
    "3 events in test.failed, 2 meant, most of them SMTPError: 451 for user 7 since " +
    "2026-01-02T03:04:05.678Z",
    "nothing was changed",
  ]);
  assert.equal(around.asked.at(-1), "Put 2 events back into test at 1 a second (2 s)? [y/N]");
  around.answer = true;
  const yes = await run("failed retry test --error smtp", around);
  assert.deepEqual([yes.code, yes.printed], [0, [
    "2 of 2 events put back into test; 1 left",
  ]]);
  assert.equal((await around.bodies("test")).length, 2);
});

Deno.test("a dry run counts and changes nothing", async () => {
  const around = await withLetters(SMTP, {}, { retried: 4, id: "c" });
  const { code, printed } = await run("failed retry test --reason error --dry-run", around);
  assert.deepEqual([code, printed], [0, [
    "2 events would be put back into test; 0 left; 1 left alone, as they were put back 3 times " +
    "or more (--retried or --id)",
  ]]);
  const json = await run("failed drop test --all --limit 2 --dry-run --json", around);
  const { matched, moved, dry_run: isDry } = JSON.parse(json.printed[0] ?? "");
  assert.deepEqual([matched, moved, isDry], [2, 0, true]);
  assert.equal((await around.broker.depth("test.failed"))?.ready, 3);
});

Deno.test("what was put back three times is left alone, and is put back by its name", async () => {
  const around = await withLetters({ id: "a", retried: 3 }, { id: "b", retried: 2 });
  const { printed } = await run("failed retry test --all --yes", around);
  assert.match(printed[0] ?? "", /^1 of 1 event put back into test; 0 left; 1 left alone/);
  await run("failed retry test --id a --yes", around);
  const [, again] = await around.broker.peek("test", 2);
  assert.equal(again?.properties.headers?.["x-pq-retried"], 4);
});

Deno.test("retry puts one event back with another body, and events into another queue", () =>
  inFolder(async (folder) => {
    const path = join(folder, "body.json");
    const around = await withLetters({ body: '{"to":1}' }, { id: "b" });
    await assert.rejects(run(`failed retry test --all --yes --body ${path}`, around), {
      name: "UsageError",
      message: /^--body \S+ cannot be used: .*\. Name a file with the new body$/,
    });
    await Deno.writeTextFile(path, '{"to":');
    await assert.rejects(run(`failed retry test --all --yes --body ${path}`, around), {
      message:
        `--body ${path} cannot be used: it is not JSON in UTF-8. Name a file with the new body`,
    });
    await Deno.writeTextFile(path, '{"to":2}');
    await assert.rejects(run(`failed retry test --all --yes --body ${path}`, around), {
      name: "UsageError",
      message: "--body replaces the body of one event, and 2 match: name it by --id",
    });
    await run(`failed retry test --id 9d0f --yes --body ${path}`, around);
    assert.deepEqual(await around.bodies("test"), ['{"to":2}']);
    await assert.rejects(run("failed retry test --all --yes --to novel", around), {
      name: "UsageError",
      message: /^--to novel: there is no such queue on the broker/,
    });
    await around.broker.declare("novel");
    const { printed } = await run("failed retry test --all --yes --to novel", around);
    assert.deepEqual(printed, ["1 of 1 event put back into novel; 0 left"]);
    assert.deepEqual(await around.bodies("novel"), ["{}"]);
  }));

Deno.test("what is dropped is saved first, and publish --from takes it back", () =>
  inFolder(async (folder) => {
    const around = await withLetters(SMTP, { id: "b", body: "[2]" });
    const { printed } = await run("failed drop test --all --yes", around, folder);
    const [, path = ""] = /^2 of 2 events dropped; 0 left; saved to (\S+)$/.exec(
      printed[0] ?? "",
    ) ?? assert.fail(printed[0]);
    assert.match(path, new RegExp(`^${folder}/dropped/test-\\d{4}-[\\dTZ-]+\\.jsonl$`));
    const taken = await run(`publish test --from ${path}`, around);
    assert.deepEqual(taken.printed, ["published 2 events to test"]);
    assert.deepEqual(await around.bodies("test"), ["{}", "[2]"]);
    const [event] = await around.broker.peek("test", 1);
    assert.equal(event?.properties.messageId, "9d0f");
    assert.equal(event?.properties.headers?.["x-pq-reason"], undefined);
    assert.equal(event?.properties.headers?.["x-pq-retried-by"], "ada on host a");
    // To where they were, they return as they were.
    await run(`publish test.failed --any-queue --from ${path}`, around);
    const [letter] = await around.broker.peek("test.failed", 1);
    assert.deepEqual(letter?.properties, deadLetter(SMTP).properties);
  }));

Deno.test("drop saves to the file that is named, or nothing, and overwrites none", () =>
  inFolder(async (folder) => {
    const [around, path] = [
      await withLetters({ id: "a" }, { id: "b" }, { id: "c" }),
      join(folder, "a.jsonl"),
    ];
    await run(`failed drop test --id a --yes --save ${path}`, around);
    await assert.rejects(run(`failed drop test --id b --yes --save ${path}`, around), {
      name: "UsageError",
      message:
        `--save ${path}: the file exists already; give another name, as no file is overwritten`,
    });
    around.answer = true;
    const { printed } = await run("failed drop test --id b --no-save", around, folder);
    assert.deepEqual(printed, ["1 of 1 event dropped; 1 left"]);
    assert.equal(around.asked.at(-1), "Drop 1 event, for ever? [y/N]");
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["a.jsonl"]);
    // A file that cannot be written keeps the events.
    const failed = await run("failed drop test --all --yes", around, path);
    assert.equal(failed.code, 1);
    assert.match(failed.warned.at(-1) ?? "", /^stopped: The file \S+ cannot be written/);
    assert.equal((await around.broker.depth("test.failed"))?.ready, 1);
  }));

Deno.test("publish --from says which line is wrong, and what was published", () =>
  inFolder(async (folder) => {
    const path = join(folder, "a.jsonl");
    const around = await withLetters({});
    await assert.rejects(run(`publish test --from ${path}`, around), {
      name: "UsageError",
      message: new RegExp(`^--from ${path} cannot be read: `),
    });
    await run(`failed drop test --all --yes --save ${path}`, around);
    await Deno.writeTextFile(path, '{"id":1}\n', { append: true });
    await assert.rejects(run(`publish test --from ${path}`, around), {
      name: "PublishError",
      message: new RegExp(
        `^${path}, line 2: not an event that failed drop .*\npublished 1 event to test in all$`,
      ),
    });
  }));

Deno.test("one command at a time has the dead letters of a queue, and is named to others", async () => {
  const around = await withLetters({});
  await using _lock = await around.broker.lock("test.failed", "failed drop by bob on host b");
  for (const line of ["groups test", "list test", "show test 9d0f", "retry test --all --yes"]) {
    await assert.rejects(run(`failed ${line}`, around), {
      name: "BrokerError",
      message:
        "Another command has the events of test.failed: failed drop by bob on host b. Wait " +
        "until it has ended, or stop it",
    });
  }
});

Deno.test("a repair that is interrupted ends with 1, and says that the same command goes on", async () => {
  const around = await withLetters({ id: "a" }, { id: "b" });
  around.interrupt.abort();
  const { code, printed, warned } = await run("failed retry test --all --yes", around);
  assert.deepEqual([code, printed], [1, ["0 of 0 events put back into test; 2 left"]]);
  assert.deepEqual(warned, ["stopped before the end, at 0 of 2; the same command goes on"]);
});
