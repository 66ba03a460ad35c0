import assert from "node:assert/strict";
import {
  duration,
  grouped,
  megabytes,
  readDuration,
} from "../../../lib/command_line/terminal/humanize.ts";

Deno.test("a duration is shown in its two largest units", () => {
  const cases: [seconds: number | null, text: string][] = [
    [null, "?"],
    [0, "0s"],
    [0.23, "0.2s"],
    [9.9, "9.9s"],
    [9.96, "10s"],
    [41, "41s"],
    [59.7, "1m"],
    [130, "2m10s"],
    [3600, "1h"],
    [3605, "1h"],
    [266_400, "3d2h"],
  ];
  for (const [seconds, text] of cases) assert.equal(duration(seconds), text);
});

Deno.test("a duration is read from numbers with units, or from seconds alone", () => {
  const cases: [text: string, seconds: number | undefined][] = [
    ["90", 90],
    ["30m", 1800],
    ["1h30m", 5400],
    ["2d", 172_800],
    ["0", undefined],
    ["0s", undefined],
    ["1h30", undefined],
    ["soon", undefined],
    ["-5m", undefined],
    ["", undefined],
  ];
  for (const [text, seconds] of cases) assert.equal(readDuration(text), seconds, text);
});

Deno.test("numbers have commas, and what is not known is a question mark", () => {
  assert.deepEqual([grouped(1_204_311), grouped(null)], ["1,204,311", "?"]);
  assert.deepEqual([megabytes(212_400_000), megabytes(null)], ["212 MB", "?"]);
});
