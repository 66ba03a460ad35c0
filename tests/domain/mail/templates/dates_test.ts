import assert from "node:assert/strict";
import {
  type DateStyle,
  dayText,
  momentText,
} from "../../../../lib/domain/mail/templates/dates.ts";

const AT = "2026-03-05T17:04:09+00:00";
const EN: DateStyle = { language: "en-US" };

const MOMENTS: readonly [value: unknown, style: DateStyle, text: string][] = [
  [AT, EN, "Thu, March 5, 2026 at 5:04 PM UTC"],
  ["2026-03-05 17:04:09.123456+0000", EN, "Thu, March 5, 2026 at 5:04 PM UTC"],
  [1772730249, EN, "Thu, March 5, 2026 at 5:04 PM UTC"],
  [AT, { ...EN, hasTwentyFourHours: true }, "Thu, March 5, 2026 at 17:04 UTC"],
  [AT, { ...EN, timezone: "America/New_York" }, "Thu, March 5, 2026 at 12:04 PM EST"],
  [AT, { language: "de", timezone: "Europe/Berlin" }, "Do., 5. März 2026 um 18:04 MEZ"],
  [
    AT,
    { language: "de", timezone: "Europe/Berlin", hasTwentyFourHours: false },
    "Do., 5. März 2026 um 6:04 PM MEZ",
  ],
  [AT, { ...EN, timezone: "Mars/Olympus" }, "Thu, March 5, 2026 at 5:04 PM UTC"],
  [AT, { ...EN, timezone: "" }, "Thu, March 5, 2026 at 5:04 PM UTC"],
  ["Thu, 05 March 2026, 18:04 CET", EN, "Thu, 05 March 2026, 18:04 CET"],
  ["2026-03-05T17:04:09", EN, "2026-03-05T17:04:09"],
  ["2026-13-45T17:04:09Z", EN, "2026-13-45T17:04:09Z"],
];

for (const [value, style, text] of MOMENTS) {
  Deno.test(`the moment ${value} is "${text}" for ${JSON.stringify(style)}`, () => {
    assert.equal(momentText(value, style), text);
  });
}

Deno.test("a day has no time, and is that of the user's zone", () => {
  assert.equal(dayText(AT, { ...EN, hasTwentyFourHours: true }), "March 5, 2026");
  assert.equal(dayText(AT, { language: "de", timezone: "Asia/Tokyo" }), "6. März 2026");
  assert.equal(dayText("in a week", EN), "in a week");
});
