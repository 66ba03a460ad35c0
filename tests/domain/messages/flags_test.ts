import assert from "node:assert/strict";
import { clientFlags } from "../../../lib/domain/messages/flags.ts";

const ROWS: readonly [flags: number | bigint, names: readonly string[]][] = [
  [0, []],
  [1, ["read"]],
  [2 | 4, ["starred", "collapsed"]],
  [8 | 64, ["mentioned", "group_mentioned"]],
  [16, ["stream_wildcard_mentioned"]],
  [32, ["topic_wildcard_mentioned"]],
  [128 | 256, ["force_expand", "force_collapse"]],
  [512 | 1024, ["has_alert_word", "historical"]],
  [2048 | 4096, []],
  [1 | 2048, ["read"]],
  [8192, []],
  [2n ** 60n + 1n, ["read"]],
];

for (const [flags, names] of ROWS) {
  Deno.test(`clients know the flags ${flags} as ${names.join(", ") || "none"}`, () => {
    assert.deepEqual(clientFlags(flags), names);
  });
}
