/** What the dashboard's pages say of queues. */

import assert from "node:assert/strict";
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
