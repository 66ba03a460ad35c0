/**
 * Plain texts of mails in English.
 *
 * @module
 */

import { above, OWN, QUOTED, type QuotingMail, UNMARKED } from "./mail.ts";

const GMAIL = "On Mon, Nov 30, 2026 at 10:12 AM Ada Lovelace <ada@example.com> wrote:";
const OUTLOOK = "From: Ada Lovelace <ada@example.com>\nSent: Monday, November 30, 2026 10:12 AM\n" +
  "To: Ben Okafor <ben@example.com>\nSubject: Lunch";

/** Mails that answer in English. */
export const PLAIN: readonly QuotingMail[] = [
  above("Gmail", `${GMAIL}\n\n${QUOTED}`),
  above(
    "Gmail, the line broken before the verb",
    `On Mon, Nov 30, 2026 at 10:12 AM Ada Lovelace <ada@example.com>\nwrote:\n\n${QUOTED}`,
  ),
  above(
    "Gmail, the line broken within the address",
    `On Mon, Nov 30, 2026 at 10:12 AM Ada Lovelace of the Kitchens <\n` +
      `ada.lovelace@kitchens.example.com> wrote:\n\n${QUOTED}`,
  ),
  above("Gmail on Android, not marked", `${GMAIL}\n${UNMARKED}`),
  {
    name: "Gmail, no blank line above it",
    text: `${OWN}\nOn Mon, Nov 30, 2026 at 10:12 AM Ada <ada@example.com> wrote:\n${QUOTED}`,
  },
  above(
    "Apple Mail",
    `> On 30 Nov 2026, at 10:12, Ada Lovelace <ada@example.com> wrote:\n>\n${QUOTED}`,
  ),
  above("Apple Mail, older", `On 30 Nov 2026, at 10:12, Ada <ada@example.com> wrote:\n\n${QUOTED}`),
  {
    name: "iPhone, with its line, which stays",
    text: `${OWN}\n\nSent from my iPhone\n\n> On 30 Nov 2026, at 10:12, Ada <ada@example.com> ` +
      `wrote:\n> \n> \uFEFF\n> Lunch on Monday?\n`,
    own: `${OWN}\n\nSent from my iPhone`,
  },
  above("Thunderbird", `On 30/11/2026 10:12, Ada Lovelace wrote:\n${QUOTED}`),
  {
    name: "Thunderbird, the answer below",
    text: `On 30/11/2026 10:12, Ada Lovelace wrote:\n${QUOTED}\n\n${OWN}\n`,
  },
  {
    name: "Thunderbird, answers between: all stays",
    text: "On 30/11/2026 10:12, Ada wrote:\n> Monday?\n\nYes.\n\n> Noon?\n\nNo.",
    own: "On 30/11/2026 10:12, Ada wrote:\n> Monday?\n\nYes.\n\n> Noon?\n\nNo.",
  },
  above("Outlook", `${OUTLOOK}\n\n${UNMARKED}`),
  above("Outlook on the web", `${"_".repeat(32)}\n${OUTLOOK}\n\n${UNMARKED}`),
  above("Outlook, older", `-----Original Message-----\n${OUTLOOK}\n\n${UNMARKED}`),
  {
    name: "Outlook for iOS, with its line, which stays",
    text: `${OWN}\n\nGet Outlook for iOS<https://aka.ms/o0ukef>\n${
      "_".repeat(32)
    }\n${OUTLOOK}\n\nHi`,
    own: `${OWN}\n\nGet Outlook for iOS<https://aka.ms/o0ukef>`,
  },
  above("Outlook, stars around the names", OUTLOOK.replaceAll(/^(\w+:)/gm, "*$1*") + "\n\nHi"),
  above(
    "Yahoo",
    `    On Monday, November 30, 2026 at 10:12:31 AM GMT+1, Ada Lovelace <ada@example.com> ` +
      `wrote:  \n \n ${UNMARKED}`,
  ),
  above(
    "Yahoo on Android",
    `On Mon, Nov 30, 2026 at 10:12, Ada<ada@example.com> wrote:   ${UNMARKED}`
      .replace("wrote:   ", "wrote:\n"),
  ),
  {
    name: "Proton, with its line, which stays",
    text: `${OWN}\n\nSent with Proton Mail secure email.\n\n` +
      `On Monday, November 30th, 2026 at 10:12 AM, Ada <ada@example.com> wrote:\n\n${QUOTED}`,
    own: `${OWN}\n\nSent with Proton Mail secure email.`,
  },
  above(
    "Proton, older",
    `------- Original Message -------\nOn Monday, November 30th, 2026 at 10:12 AM, Ada ` +
      `<ada@example.com> wrote:\n\n${QUOTED}`,
  ),
  above("Fastmail", `On Mon, Nov 30, 2026, at 10:12, Ada Lovelace wrote:\n${QUOTED}`),
  above("Tuta", `30 Nov 2026, 10:12 by ada@example.com:\n\n${QUOTED}`),
  above("mutt", `On Mon, Nov 30, 2026 at 10:12:31AM +0100, Ada Lovelace wrote:\n${QUOTED}`),
  above("mutt, its own form", `* Ada Lovelace <ada@example.com> [2026-11-30 10:12]:\n${QUOTED}`),
  above("Gnus", `Ada Lovelace <ada@example.com> writes:\n\n${QUOTED}`),
  above("aerc", `On Mon Nov 30, 2026 at 10:12 AM CET, Ada Lovelace wrote:\n${QUOTED}`),
  above(
    "K-9 and Samsung",
    `-------- Original message --------\nFrom: Ada <ada@example.com>\n` +
      `Date: 30/11/2026 10:12 (GMT+01:00)\nTo: Ben\nSubject: Lunch\n\n${UNMARKED}`,
  ),
  above(
    "Lotus Notes",
    "From:        Ada/Kitchens@Example\nTo:        Ben/Kitchens@Example\n" +
      `Date:        30.11.2026 10:12\nSubject:        Lunch\n${"_".repeat(30)}\n\n${UNMARKED}`,
  ),
  above(
    "the subject first",
    "Subject: Lunch\nFrom: ada@example.com\nTo: ben@example.com\n" +
      `Date: Mon, 30 Nov 2026 10:12:31 +0000\n\n${UNMARKED}`,
  ),
  above(
    "Zoho",
    `---- On Mon, 30 Nov 2026 10:12:31 +0100 Ada <ada@example.com> wrote ---\n\n${QUOTED}`
      .replace("wrote ---", "wrote:"),
  ),
  above("Roundcube", `On 2026-11-30 10:12, Ada Lovelace wrote:\n${QUOTED}`),
  above("Gmail, 2012", `2026/11/30 10:12 Ada Lovelace <ada@example.com>:\n${QUOTED}`),
  above(
    "a mail that quotes others",
    `${GMAIL}\n\n> Yes.\n>\n> On Sun, 29 Nov 2026, Cy wrote:\n>> Who?`,
  ),
  above(
    "a long link that was broken",
    `${GMAIL}\n\n> See\n> https://example.com/\n` +
      "abcdefghijklmnopqrstuvwxyz0123456789\n> Ada",
  ),
  above("no line above it", QUOTED),
  { name: "no line above it, the answer below", text: `${QUOTED}\n\n${OWN}` },
];

const all = (name: string, text: string, isReply = true): QuotingMail => ({
  name,
  text,
  own: text,
  isReply,
});

/** Mails of which all is the author's. */
export const WHOLE: readonly QuotingMail[] = [
  all("a colon at the end of a line", "On Monday 30 people wrote:\n\nWe want soup.\n\nBen"),
  all("a quote of a book, no answer", `As the book says:\n\n${QUOTED}`, false),
  all("one quoted line", "> Lunch?\n\nYes."),
  all("a form", "Date: Monday\nPlace: the kitchen\n\nAda"),
  all("headers at its beginning and nothing else", `${OUTLOOK}\n\n${UNMARKED}`),
  all("nothing but what is quoted", `${GMAIL}\n\n${QUOTED}`),
  all("forwarded by Gmail", `${OWN}\n\n---------- Forwarded message ---------\n${OUTLOOK}\n\nHi`),
  all(
    "forwarded by Thunderbird",
    `${OWN}\n\n-------- Forwarded Message --------\nSubject: Lunch\n` +
      "Date: Mon, 30 Nov 2026 10:12:31 +0100\nFrom: Ada\nTo: Ben\n\nHi",
  ),
  all(
    "forwarded by Apple Mail",
    `${OWN}\n\nBegin forwarded message:\n\n> From: Ada\n> To: Ben\n` +
      "> Subject: Lunch\n>\n> Hi",
  ),
  all(
    "a patch of a mailing list",
    "--- a/soup.c\n+++ b/soup.c\n@@ -1,2 +1,2 @@\n-salt: 1;\n+salt: 2;",
  ),
];
