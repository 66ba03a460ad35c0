import assert from "node:assert/strict";
import { abbreviates, didYouMean, nearest } from "../../lib/errors/spelling.ts";

const QUEUES = ["user_activity", "user_activity_interval", "test", "noop", "noop_batch"];

const TYPED: readonly [typed: string, meant: string | undefined, why: string][] = [
  ["user_activity", "user_activity", "finds the name itself"],
  ["user_activty", "user_activity", "finds a missing letter"],
  ["user_acitvity", "user_activity", "finds swapped letters"],
  ["user_activitty", "user_activity", "finds a letter too many"],
  ["User-Activity", "user_activity", "takes - for _ and upper for lower case"],
  ["tset", "test", "finds a short name with swapped letters"],
  ["nop", "noop", "finds a short name with a missing letter"],
  ["noop_btch", "noop_batch", "takes the nearest, not the first"],
  ["digest_emails", undefined, "finds nothing where nothing is near"],
  ["x", undefined, "finds nothing for one letter"],
  ["", undefined, "finds nothing for an empty name"],
];

for (const [typed, meant, why] of TYPED) {
  Deno.test(`nearest ${why}: "${typed}"`, () => {
    assert.equal(nearest(typed, QUEUES), meant);
  });
}

Deno.test("nearest takes the first of two equally near names", () => {
  assert.equal(nearest("wordz", ["worda", "wordb"]), "worda");
});

Deno.test("nearest takes no name with more differences than it may have", () => {
  const names = ["AMQP_URL", "STATE_DIR", "LOG_LEVEL"];
  const table: [typed: string, most: number, meant: string | undefined][] = [
    ["AMQP_URL", 0, "AMQP_URL"],
    ["AMPQ_URL", 1, "AMQP_URL"],
    ["AMQP_ULR", 1, "AMQP_URL"],
    ["MAQP_URL", 1, "AMQP_URL"],
    ["AMQ_URL", 1, "AMQP_URL"],
    ["AMPQ_ULR", 1, undefined],
    ["AMPQ_ULR", 2, "AMQP_URL"],
    ["XTATE_DIX", 1, undefined],
    ["XTATE_DIX", 2, "STATE_DIR"],
    ["LOG_LEVEL", Infinity, "LOG_LEVEL"],
  ];
  for (const [typed, most, meant] of table) assert.equal(nearest(typed, names, most), meant, typed);
});

Deno.test("didYouMean asks only where something is near", () => {
  assert.equal(didYouMean("nooop", QUEUES), "; did you mean noop?");
  assert.equal(didYouMean("digest_emails", QUEUES), "");
});

const CUT_SHORT: readonly [start: string, text: string][] = [
  ["--worker", "; did you mean --worker_num?"],
  ["--worker-n", "; did you mean --worker_num?"],
  ["--workers", "; did you mean --workers-dir?"],
  ["--w", "; did you mean --worker_num or --workers-dir?"],
  ["--num", ""],
];

for (const [start, text] of CUT_SHORT) {
  Deno.test(`abbreviates finds what ${start} stands for`, () => {
    assert.equal(abbreviates(start, ["--worker_num", "--workers-dir", "--all"]), text);
  });
}
