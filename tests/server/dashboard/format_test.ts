/**
 * Numbers and times as the dashboard's pages show them.
 *
 * @module
 */

import assert from "node:assert/strict";
import * as details from "../../../lib/server/dashboard/format_details.js";
import * as format from "../../../lib/server/dashboard/format.js";

const NOW = Date.parse("2026-11-29T03:12:08Z");

function plain(text: string): string {
  return text.replaceAll("\u00a0", " ");
}

function table<T>(name: string, show: (value: T) => string, rows: [T, string][]): void {
  Deno.test(name, () => {
    for (const [value, text] of rows) assert.equal(plain(show(value)), text);
  });
}

table("a count is in full up to 9,999,999, then has three digits and a letter", format.count, [
  [0, "0"],
  [4120, "4,120"],
  [9_999_999, "9,999,999"],
  [10_000_000, "10.0 M"],
  [12_412_000, "12.4 M"],
  [123_456_789, "123 M"],
  [999_600_000, "1.00 G"],
  [4_321_000_000, "4.32 G"],
  [null, "?"],
]);

table("a rate has one decimal", format.rate, [
  [0, "0.0"],
  [3.14, "3.1"],
  [1240.25, "1,240.3"],
  [null, "?"],
]);

table("a duration has at most two units, the second with two digits", format.duration, [
  [0, "0.0s"],
  [0.34, "0.3s"],
  [41, "41.0s"],
  [59.94, "59.9s"],
  [59.96, "1m 00s"],
  [130, "2m 10s"],
  [3599.6, "1h 00m"],
  [7440, "2h 04m"],
  [86_399, "23h 59m"],
  [86_400, "1d 00h"],
  [3 * 86_400 + 2 * 3600, "3d 02h"],
  [-1, "0.0s"],
  [null, "?"],
]);

Deno.test("a duration does not break at its space", () => {
  assert.equal(format.duration(130), "2m\u00a010s");
});

table("the oldest event's age says what is estimated, absent and unknown", format.oldest, [
  [{ seconds: 450, waiting: 3 }, "7m 30s"],
  [{ seconds: 450, waiting: 3, isEstimate: true }, "~7m 30s"],
  [{ seconds: null, waiting: 3 }, "?"],
  [{ seconds: null, waiting: 0 }, "–"],
  [{ seconds: null, waiting: null }, "?"],
]);

table("a share is whole percents", ([part, whole]) => details.share(part, whole), [
  [[1157, 1204], "96 %"],
  [[4, 1204], "<1 %"],
  [[1203, 1204], "99 %"],
  [[1204, 1204], "100 %"],
  [[0, 7], "0 %"],
  [[0, 0], "?"],
] as [[number, number], string][]);

table("memory is said in MB", ([used, limit]) => details.megabytes(used, limit), [
  [[212e6, undefined], "212 MB"],
  [[61e6, 256e6], "61 of 256 MB"],
  [[null, 256e6], "?"],
] as [[number | null, number | undefined], string][]);

table("a size has its best unit", details.size, [
  [1, "1 byte"],
  [1212, "1,212 bytes"],
  [12_400, "12 kB"],
  [1_400_000, "1.4 MB"],
  [null, "?"],
]);

table("a moment is a time today and a day before", (at) => format.time(at, NOW), [
  ["2026-11-29T03:12:05.114Z", "03:12:05"],
  ["2026-11-28T22:14:00Z", "28 Nov 22:14"],
  ["2026-11-03T02:04:00Z", "3 Nov 02:04"],
  [NOW, "03:12:08"],
  [null, "?"],
  ["yesterday", "?"],
] as [string | number | null, string][]);

table("how long ago", (at) => details.ago(at, NOW), [
  ["2026-11-29T03:12:05.114Z", "3s ago"],
  ["2026-11-29T03:09:00Z", "3m 08s ago"],
  ["2026-11-29T03:13:00Z", "0s ago"],
  [null, "?"],
] as [string | null, string][]);

table("a number has its noun", (number) => format.plural(number, "event"), [
  [0, "0 events"],
  [1, "1 event"],
  [1204, "1,204 events"],
  [null, "? events"],
] as [number | null, string][]);

table("a broker has its name, and its version where it has one", format.brokerName, [
  [{ kind: "rabbitmq", version: "4.1.3" }, "RabbitMQ 4.1.3"],
  [{ kind: "rabbitmq", version: null }, "RabbitMQ"],
  [{ kind: "embedded", version: null }, "Embedded broker"],
]);
