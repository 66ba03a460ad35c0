import assert from "node:assert/strict";
import { checkDate, mailDate, writeDate } from "../../../lib/domain/mail/date.ts";
import { MailError } from "../../../lib/domain/mail/mail_error.ts";

const NOW = Date.UTC(2026, 10, 29, 21, 5, 9);
const NO_DATE = new MailError(
  "The date of the mail is not valid: write it like Sun, 29 Nov 2026 22:30:00 +0100",
);

Deno.test("A time is written in its time zone", () => {
  const written: [string, string][] = [
    ["UTC", "Sun, 29 Nov 2026 21:05:09 +0000"],
    ["Europe/Berlin", "Sun, 29 Nov 2026 22:05:09 +0100"],
    ["Asia/Kolkata", "Mon, 30 Nov 2026 02:35:09 +0530"],
    ["America/St_Johns", "Sun, 29 Nov 2026 17:35:09 -0330"],
    ["Mars/Olympus_Mons", "Sun, 29 Nov 2026 21:05:09 +0000"],
    ["", "Sun, 29 Nov 2026 21:05:09 +0000"],
  ];
  for (const [zone, expected] of written) assert.equal(writeDate(NOW, zone), expected);
  assert.equal(
    writeDate(Date.UTC(2026, 6, 1, 22), "Europe/Berlin"),
    "Thu, 02 Jul 2026 00:00:00 +0200",
  );
});

Deno.test("The date of an event is kept, or rewritten where it has another form", () => {
  const dates: [string | null | undefined, string][] = [
    [null, "Sun, 29 Nov 2026 22:05:09 +0100"],
    [undefined, "Sun, 29 Nov 2026 22:05:09 +0100"],
    ["Wed, 1 Jul 2026 10:00:00 -0700", "Wed, 1 Jul 2026 10:00:00 -0700"],
    ["1 Jul 2026 10:00 +0000", "1 Jul 2026 10:00 +0000"],
    ["2026-07-01T10:00:00Z", "Wed, 01 Jul 2026 12:00:00 +0200"],
    ["2026-07-01 10:00:00.123456+00:00", "Wed, 01 Jul 2026 12:00:00 +0200"],
  ];
  for (const [text, expected] of dates) {
    assert.equal(mailDate(text, NOW, "Europe/Berlin"), expected);
  }
});

Deno.test("A text that is no date is refused", () => {
  for (const text of ["", "soon", "Wed, 1 Jul 2026 10:00:00 +0000\r\nBcc: eve@evil.example"]) {
    assert.throws(() => mailDate(text, NOW, "UTC"), NO_DATE);
    assert.throws(() => checkDate(text), NO_DATE);
  }
  assert.throws(() => checkDate("2026-07-01T10:00:00Z"), NO_DATE);
});
