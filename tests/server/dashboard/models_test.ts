/**
 * What the dashboard's pages say and mean: sentences, lines, filters, selection, keys, bodies.
 *
 * @module
 */

import assert from "node:assert/strict";
import { bannerOf } from "../../../lib/server/dashboard/model/banner.js";
import {
  differences,
  indented,
  jsonProblem,
  treeOf,
  valueOf,
} from "../../../lib/server/dashboard/model/body.js";
import {
  pauseCommand,
  publishCommand,
  repairCommand,
} from "../../../lib/server/dashboard/model/command.js";
import { holdReason, waitBefore } from "../../../lib/server/dashboard/model/connection.js";
import {
  coverOf,
  headingOf,
  isWhole,
  listQuery,
  matchedWords,
  outcomeOf,
  progressOf,
  repairFilter,
} from "../../../lib/server/dashboard/model/groups.js";
import {
  append,
  framed,
  lastOf,
  linesOf,
  NO_HISTORY,
  peakOf,
  sumOf,
  thin,
  wordsOf,
} from "../../../lib/server/dashboard/model/history.js";
import { meaningOf } from "../../../lib/server/dashboard/model/keys.js";
import {
  countSelected,
  NOTHING,
  toggle,
  toggleShown,
} from "../../../lib/server/dashboard/model/selection.js";
import {
  adviceOf,
  commandsIn,
  pausedWords,
  sentence,
} from "../../../lib/server/dashboard/model/sentences.js";
import { before, NIGHT, nightView, queueRow } from "../../../scripts/dashboard/night.ts";

const plain = (text: string) => text.replaceAll("\u00a0", " ");

Deno.test("a reason becomes a sentence, with times as the page shows them", () => {
  const cases: [string, string][] = [
    ["clearing takes 22m (limit 5m), and it grows", "Clearing takes 22m (limit 5m), and it grows."],
    ["nothing finished for 13m5s, 86 wait", "Nothing finished for 13m 05s, 86 wait."],
    ["12 wait and nobody consumes", "12 wait and nobody consumes."],
    ["a_shard3: has 0 of 1", "a_shard3: has 0 of 1."],
    ["process-queue restart a", "process-queue restart a"],
    [
      "start a worker: process-queue --queue_name a",
      "Start a worker: process-queue --queue_name a",
    ],
    ["done.", "Done."],
    ["", ""],
  ];
  for (const [phrase, said] of cases) assert.equal(plain(sentence(phrase)), said);
});

Deno.test("commands in a text are apart", () => {
  assert.deepEqual(commandsIn("Start a worker: process-queue --queue_name a"), [
    { text: "Start a worker: " },
    { code: "process-queue --queue_name a" },
  ]);
  assert.deepEqual(commandsIn("process-queue restart a"), [{ code: "process-queue restart a" }]);
  assert.deepEqual(commandsIn("see the broker"), [{ text: "see the broker" }]);
});

Deno.test("the sentence below a row says what to do, and nothing where nothing is to be done", () => {
  const page = { now: NIGHT, failedHref: "/failed", canAct: true };
  const said = (queue: string, more = {}) => {
    const row = nightView().queues.find((one) => one.queue === queue) ?? queueRow(queue);
    return adviceOf(row, { ...page, ...more }).map(({ text, code }) => plain(text ?? `[${code}]`))
      .join("");
  };
  assert.equal(said("user_activity"), "");
  assert.equal(said("email_mirror"), "");
  const nobody = { by: "", at: before(7440), reason: null, until: null };
  assert.equal(plain(pausedWords(nobody, NIGHT)), "Paused 2h 04m ago");
  assert.equal(said("digest_emails"), "By ada 2h 04m ago, until 18:00: “template fix”");
  assert.equal(
    said("soft_reactivation"),
    "12 wait and nobody consumes. Start a worker: [process-queue --queue_name soft_reactivation]",
  );
  assert.equal(
    said("embed_links"),
    "7 of the last 100 runs failed: TimeoutError: no answer within 30s. Failed events",
  );
  assert.doesNotMatch(said("deferred_work"), /process-queue restart/);
  assert.match(
    said("deferred_work", { canAct: false }),
    /\[process-queue restart deferred_work\]$/,
  );
});

Deno.test("a line has its peak at the top, 0 at the bottom, and gaps where nothing is known", () => {
  const box = { width: 10, height: 12 };
  assert.deepEqual(linesOf([0, 5, 10], box), ["0,11 5,6 10,1"]);
  assert.deepEqual(linesOf([0, null, 10], box), ["0,11", "10,1"]);
  assert.deepEqual(linesOf([0, 0], box), ["0,11 10,11"]);
  assert.deepEqual(linesOf([null], box), []);
  assert.deepEqual(linesOf([5], { ...box, peak: 10 }), ["0,6"]);
});

Deno.test("a line says its last value and its peak", () => {
  const show = (value: number | null) => String(value);
  assert.equal(wordsOf([1, 41, 3, null], show, "a second"), "last 3, peak 41 a second");
  assert.equal(wordsOf([0, 0], show, ""), "none in 30 minutes");
  assert.equal(wordsOf([null], show, ""), "not known");
  assert.deepEqual([peakOf([]), lastOf([]), lastOf([1, null])], [null, null, 1]);
});

Deno.test("a thinned line has the means of its pieces", () => {
  assert.deepEqual(thin([1, 3, 5, null, null, null], 3), [2, 5, null]);
  assert.deepEqual(thin([1, 2], 3), [1, 2]);
});

Deno.test("a line of a few minutes is at the right end of its 30 minutes", () => {
  const line = framed([1, 2]);
  assert.deepEqual([line.length, line.slice(-3)], [180, [null, 1, 2]]);
  assert.equal(framed(line).length, 180);
});

Deno.test("lines of shards are added from their ends", () => {
  assert.deepEqual(sumOf([[1, 2, 3], [10]]), [1, 2, 13]);
  assert.deepEqual(sumOf([[null, 1], [null, null]]), [null, 1]);
  assert.deepEqual(sumOf([]), []);
});

Deno.test("a history grows by a point each 10 s, to 30 minutes", () => {
  const at = (seconds: number) => new Date(NIGHT + seconds * 1000).toISOString();
  let history = append(NO_HISTORY, { ready: 1 }, at(0), 10);
  history = append(history, { ready: 2 }, at(4), 10);
  history = append(history, { ready: 3 }, at(10), 10);
  history = append(history, { ready: 4 }, null, 10);
  assert.deepEqual([history.ready, history.rate], [[1, 3], [null, null]]);
  for (let index = 2; index < 400; index++) {
    history = append(history, { ready: index }, at(index * 10), 10);
  }
  assert.deepEqual([history.ready.length, history.ready.at(-1)], [180, 399]);
});

Deno.test("a key means an action only where nobody types, and not with Ctrl, Alt or Meta", () => {
  const cases: [Parameters<typeof meaningOf>, string | null, boolean?][] = [
    [[{ key: "j" }], "next"],
    [[{ key: "?" }], "help"],
    [[{ key: "r", ctrlKey: true }], null],
    [[{ key: "r", metaKey: true }], null],
    [[{ key: "r", isTyping: true }], null],
    [[{ key: "r", isInDialog: true }], null],
    [[{ key: "g" }], null, true],
    [[{ key: "q" }, { isAfterG: true }], "go queues"],
    [[{ key: "r" }, { isAfterG: true }], null],
    [[{ key: "r" }, { areSingleKeysOn: false }], null],
    [[{ key: "Escape" }, { areSingleKeysOn: false }], "back"],
    [[{ key: "z" }], null],
  ];
  for (const [given, action, isAfterG = false] of cases) {
    assert.deepEqual(meaningOf(...given), { action, isAfterG }, JSON.stringify(given));
  }
});

Deno.test("selecting is by one, by a range, all that are shown, and all that match", () => {
  const shown = ["a", "b", "c", "d"];
  const handles = (selection: typeof NOTHING) => [...selection.handles].sort().join("");
  const one = toggle(NOTHING, shown, "b");
  assert.equal(handles(one), "b");
  assert.equal(handles(toggle(one, shown, "d", true)), "bcd");
  assert.equal(handles(toggle(one, shown, "b")), "");
  assert.equal(handles(toggle(NOTHING, shown, "c", true)), "c");
  const all = toggleShown(one, shown);
  assert.equal(handles(all), "abcd");
  assert.equal(handles(toggleShown(all, shown)), "");
  const matching = { ...NOTHING, all: true };
  assert.deepEqual([countSelected(matching, 1157), countSelected(one, 1157)], [1157, 1]);
  assert.equal(handles(toggle(matching, shown, "a")), "bcd");
});

Deno.test("the same filter lists and repairs; selected events are named", () => {
  const asked = { group: "f3a91c02", reason: "error", text: "451", when: "older" };
  assert.deepEqual(listQuery(asked), {
    group: "f3a91c02",
    reason: "error",
    error: "451",
    newer_than: undefined,
    older_than: 86_400,
  });
  assert.deepEqual(repairFilter(asked), {
    groups: ["f3a91c02"],
    reasons: ["error"],
    contains: "451",
    older_than: 86_400,
  });
  assert.deepEqual(repairFilter(asked, ["7c1f09a2b3d4"]), { ids: ["7c1f09a2b3d4"] });
  assert.deepEqual(repairFilter({ when: "hour" }), { newer_than: 3600 });
  assert.deepEqual(repairFilter({}), { all: true });
});

Deno.test("a heading and a group say what was looked at", () => {
  const scan = {
    scanned: 1204,
    of: 1204,
    complete: true,
    groups: [{ count: 1157 }, { count: 47 }],
  };
  assert.equal(headingOf(scan), "1,204 failed events in 2 groups");
  assert.equal(
    headingOf({ ...scan, of: 1_204_311, complete: false }),
    "1,204,311 failed events, 2 groups so far",
  );
  assert.equal(headingOf({ ...scan, of: 0 }), "Nothing failed");
  assert.equal(coverOf({ count: 1157 }, scan), "1,157 events");
  assert.equal(
    coverOf({ count: 8119 }, { ...scan, scanned: 10_000, complete: false }),
    "8,119 of the first 10,000",
  );
});

Deno.test("what a task did, or why it did not", () => {
  const result = {
    matched: 1157,
    moved: 1145,
    left_alone: 12,
    remaining: 59,
    seconds: 57.4,
    scanned: 1204,
    of: 1204,
  };
  const cases: [Parameters<typeof outcomeOf>[0], string][] = [
    [
      { kind: "retry", state: "done", result },
      "Put back 1,145 of 1,157, 12 left alone; 59 others stay. Took 57.4s.",
    ],
    [{
      kind: "drop",
      state: "canceled",
      result: { ...result, left_alone: 0, moved: 3, remaining: 1 },
    }, "Dropped 3 of 1,157, then it was canceled; 1 other stays. Took 57.4s."],
    [
      { kind: "drop", state: "failed", error: "the disk is full" },
      "The drop stopped: the disk is full",
    ],
    [{ kind: "scan", state: "done", result }, "Scanned 1,204 of 1,204"],
  ];
  for (const [task, said] of cases) assert.equal(outcomeOf(task), said);
});

Deno.test("the progress of a task is counted in what it does", () => {
  const progress = { scanned: 600, of: 1204, removed: 200 };
  assert.deepEqual(
    progressOf({ kind: "retry", state: "running", progress, rate: 20, expected: 1000 }),
    { done: 200, of: 1000, text: "200 of 1,000 put back", left: "about 40.0s left" },
  );
  assert.deepEqual(
    progressOf({ kind: "drop", state: "running", progress, rate: null, expected: 1000 }),
    { done: 200, of: 1000, text: "200 of 1,000 dropped", left: "" },
  );
  assert.deepEqual(progressOf({ kind: "scan", state: "running", progress }), {
    done: 600,
    of: 1204,
    text: "600 of 1,204 scanned",
    left: "",
  });
  assert.equal(
    progressOf({ kind: "scan", state: "running", progress: null }).text,
    "0 of 0 scanned",
  );
});

Deno.test("a dialog names the command that does the same", () => {
  const repair = (more: object) =>
    repairCommand({ action: "retry", queue: "q", filter: {}, ...more });
  assert.equal(
    repair({ filter: { groups: ["f3a91c02"] }, rate: 20 }),
    "process-queue failed retry q --group f3a91c02 --rate 20",
  );
  assert.equal(
    repair({ filter: { contains: "it's 451" } }),
    `process-queue failed retry q --error 'it'\\''s 451'`,
  );
  assert.equal(
    repair({ action: "drop", filter: { all: true }, save: false }),
    "process-queue failed drop q --all --no-save",
  );
  assert.equal(
    repair({ filter: { ids: ["a1", "b2", "c3", "d4"] } }),
    "process-queue failed retry q --id a1 b2 c3 …",
  );
  assert.equal(
    repair({ filter: { older_than: 86_400, reasons: ["error"] } }),
    "process-queue failed retry q --reason error --older-than 86400s",
  );
  assert.equal(
    pauseCommand({ queue: "q", reason: "a fix", seconds: 1800 }),
    "process-queue pause q --reason 'a fix' --for 30m",
  );
  assert.equal(pauseCommand({ queue: "q", seconds: 7200 }), "process-queue pause q --for 2h");
  assert.equal(pauseCommand({ queue: "q", seconds: null }), "process-queue pause q");
  assert.equal(publishCommand("q", '{"a":1}'), `process-queue publish q '{"a":1}'`);
  assert.equal(
    publishCommand("q", "'\\\u0015rm\n"),
    `process-queue publish q $'\\'\\\\\\u0015rm\\u000a'`,
    "pasted into a terminal, control characters would be keys",
  );
});

Deno.test("a lost stream is opened again after 1 to 30 s, later each time, with jitter", () => {
  const waits = [1, 2, 3, 4, 5, 6, 20].map((failures) => waitBefore(failures, 1));
  assert.deepEqual(waits, [2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  assert.deepEqual([waitBefore(1, 0), waitBefore(5, 0)], [1000, 15_000]);
});

Deno.test("the page says why it holds", () => {
  const live = { isHeld: false, isSelecting: false, isDialogOpen: false };
  assert.equal(holdReason(live), null);
  assert.equal(holdReason({ ...live, isSelecting: true }), "On hold while you select");
  assert.equal(holdReason({ ...live, isSelecting: true, isHeld: true }), "On hold");
  assert.equal(holdReason({ ...live, isDialogOpen: true }), "On hold while you decide");
});

Deno.test("of bodies only what differs is shown", () => {
  const bodies = [{ realm_id: 2, to: [480], name: "x" }, { realm_id: 2, to: [517], name: "x" }];
  assert.deepEqual(differences(bodies.map((body) => JSON.stringify(body))), [
    "to [480]",
    "to [517]",
  ]);
  assert.deepEqual(differences(['{"a":1}', '{"a":1}']), [
    "the same as the others",
    "the same as the others",
  ]);
  assert.deepEqual(differences(['{"a": 1}']), ['{"a": 1}']);
  assert.deepEqual(differences(["no JSON", '{"a":1}', '{"a":2}']), ["no JSON", "a 1", "a 2"]);
  const cut = ['{"id":1,"long":"xxx', '{"id":2,"long":"xxx'];
  assert.deepEqual(differences(cut), ["id 1", "id 2"]);
});

Deno.test("a tree shows the fields of what is open, and the sizes of the others", () => {
  const value = { id: 2, context: { a: "x", list: [1, 2] }, none: [] };
  const lines = (isOpen: (path: string) => boolean) =>
    treeOf(value, isOpen).map(({ depth, name, text, size }) =>
      `${" ".repeat(depth)}${name} ${text ?? size}`
    );
  assert.deepEqual(lines(() => false), ["id 2", "context 2 fields", "none 0 items"]);
  assert.deepEqual(lines((path) => path === "/context"), [
    "id 2",
    "context 2 fields",
    ' a "x"',
    " list 2 items",
    "none 0 items",
  ]);
  assert.deepEqual(treeOf("text", () => true).map(({ text }) => text), ['"text"']);
});

Deno.test("a body is indented as it is written, whatever its numbers and fields", () => {
  const text = '{"id":12345678901234567890,"a":[1.0,{}, [ ],"{,:\\""],"a":{"b":null}}';
  const lines = [
    "{",
    '  "id": 12345678901234567890,',
    '  "a": [',
    "    1.0,",
    "    {},",
    "    [],",
    '    "{,:\\""',
    "  ],",
    '  "a": {',
    '    "b": null',
    "  }",
    "}",
  ];
  assert.equal(indented(text), lines.join("\n"));
  assert.equal(indented(indented(text)), indented(text));
  for (const same of ["", "{oops", '"text"', "7", "[]"]) assert.equal(indented(same), same);
});

Deno.test("a tree shows large numbers as they are written", () => {
  const value = valueOf('{"id":12345678901234567890,"n":1.50,"list":[9007199254740993]}');
  const lines = treeOf(value, () => true).map(({ text, size }) => text ?? size);
  assert.deepEqual(lines, ["12345678901234567890", "1.5", "1 item", "9007199254740993"]);
  assert.deepEqual(treeOf(valueOf("9007199254740993"), () => true)[0]?.text, "9007199254740993");
});

Deno.test("a number of events says when it is of those listed only", () => {
  const page = { scanned: 50_000, complete: true, kept: 9500, matched: 9500 };
  assert.equal(matchedWords(page), "9,500 of the 9,500 listed match");
  assert.equal(matchedWords({ ...page, matched: 1 }), "1 of the 9,500 listed matches");
  assert.equal(matchedWords({ ...page, kept: 50_000, matched: 12 }), "12 events match");
  assert.deepEqual([isWhole(page), isWhole({ ...page, kept: 50_000 })], [false, true]);
  assert.equal(isWhole({ ...page, kept: 50_000, complete: false }), false);
});

Deno.test("a text that is no JSON says so", () => {
  assert.equal(jsonProblem('{"a": 1}'), null);
  assert.match(jsonProblem('{"a": }') ?? "", /^This is no JSON: /);
});

Deno.test("the banner says what is away, since when, and how old the numbers are", () => {
  const view = nightView();
  const lostAt = NIGHT + 5000;
  const said = (live: Parameters<typeof bannerOf>[0], now = NIGHT + 60_000) => {
    const banner = bannerOf(live, now);
    return banner &&
      plain(`${banner.state}: ${banner.title}. ${banner.text} ${banner.code ?? ""}`).trim();
  };
  assert.equal(said({ view, lostAt: null }), null);
  assert.equal(said({ view: null, lostAt: null }), null);
  assert.equal(
    said({ view, lostAt }),
    "not heard from: The server has not answered since 03:12:13. All numbers are from 03:12:08, 1m 00s ago. The page tries again by itself.",
  );
  assert.equal(
    said({ view: null, lostAt }),
    "not heard from: The server has not answered since 03:12:13. The page tries again by itself.",
  );
  const away = {
    ...view,
    broker: { ...view.broker, up: false, since: before(437) },
    sampled_at: before(440),
  };
  assert.equal(
    said({ view: away, lostAt: null }),
    "stuck: RabbitMQ unreachable since 03:04:51. All numbers are from 03:04:48, 7m 20s ago. It is tried again by itself: mq1:5672",
  );
  assert.match(
    said({ view: { ...away, sampled_at: null }, lostAt: null }) ?? "",
    /No numbers came yet/,
  );
  const blocked = { ...view, broker: { ...view.broker, blocked: "Memory alarm on rabbit@mq1" } };
  assert.match(
    said({ view: blocked, lostAt: null }) ?? "",
    /^blocked: RabbitMQ has blocked publishing. Memory alarm on rabbit@mq1\. /,
  );
});
