import assert from "node:assert/strict";
import { ignoredIn } from "../../lib/system/ignored_signals.ts";

const MASKS: readonly [mask: string, signals: Deno.Signal[]][] = [
  ["0000000000001000", []],
  ["0000000000001001", ["SIGHUP"]],
  ["0000000000001006", ["SIGINT", "SIGQUIT"]],
  ["ffffffffffffffff", ["SIGHUP", "SIGINT", "SIGQUIT"]],
];

for (const [mask, signals] of MASKS) {
  Deno.test(`the mask ${mask} ignores ${signals.join(" and ") || "none of them"}`, () => {
    const status =
      `Name:\tdeno\nSigBlk:\tffffffffffffffff\nSigIgn:\t${mask}\nSigCgt:\tffffffffffffffff\n`;
    assert.deepEqual([...ignoredIn(status)], signals);
  });
}

Deno.test("a system that does not say which signals are ignored ignores none of them", () => {
  assert.deepEqual([...ignoredIn("")], []);
});
