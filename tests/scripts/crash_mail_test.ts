/**
 * The verdict of the crash suite's mode with mails, and its report.
 *
 * @module
 */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { maybeSentIds } from "../../scripts/crash/mail/evidence.ts";
import { nextEvent } from "../../scripts/crash/mail/events.ts";
import { isGoodMail, mailReport, type MailResult } from "../../scripts/crash/mail/report.ts";
import {
  type MailEvidence,
  type MailVerdict,
  messageIdOf,
  type Published,
  verdictOf,
} from "../../scripts/crash/mail/verdict.ts";
import { Random } from "../../scripts/crash/random.ts";

interface Row {
  readonly title: string;
  readonly evidence: Partial<MailEvidence>;
  /** What differs from a verdict where all is well. */
  readonly verdict: Partial<MailVerdict>;
}

const NONE = { explained: 0, unexplained: [] };

const ROWS: readonly Row[] = [
  {
    title: "a mail that nobody has is lost",
    evidence: { published: [mail("a@x"), mail("b@x")], got: [got("a@x", "1")] },
    verdict: { published: 2, received: 1, lost: ["b@x"] },
  },
  {
    title: "a mail that was not confirmed is not missed",
    evidence: { published: [mail("a@x", { isConfirmed: false })] },
    verdict: {},
  },
  {
    title: "of two recipients the one without the mail is named",
    evidence: { published: [mail("a@x b@x")], got: [got("b@x", "1")] },
    verdict: { published: 1, received: 1, lost: ["a@x"] },
  },
  {
    title: "a mail that failed or waits is not lost",
    evidence: {
      published: [mail("a@x"), mail("b@x")],
      failed: [{ name: "a@x", reason: "error (maybe sent)" }],
      waiting: [{ name: "b@x" }],
    },
    verdict: { published: 2, failed: 1, reasons: { "error (maybe sent)": 1 }, waiting: ["b@x"] },
  },
  {
    title: "a failed event without a reason is named",
    evidence: { published: [mail("a@x")], failed: [{ name: "a@x", reason: undefined }] },
    verdict: { published: 1, failed: 1, withoutReason: ["a@x"] },
  },
  {
    title: "a mail that came twice is explained by a log that says so",
    evidence: {
      published: [mail("a@x"), mail("b@x")],
      got: [got("a@x", "1"), got("a@x", "1"), got("b@x", "2"), got("b@x", "2")],
      maybeSent: new Set(["1"]),
    },
    verdict: { published: 2, received: 4, twice: { explained: 1, unexplained: ["b@x"] } },
  },
  {
    title: "a mail with an id that comes with two Message-IDs came twice",
    evidence: { published: [mail("a@x")], got: [got("a@x", "1"), got("a@x", "2")] },
    verdict: { published: 1, received: 2, twice: { explained: 0, unexplained: ["a@x"] } },
  },
  {
    title: "a mail without an id may come again after a crash",
    evidence: {
      published: [mail("a@x", { hasId: false })],
      got: [got("a@x", "1"), got("a@x", "2")],
    },
    verdict: { published: 1, received: 2, anonymousTwice: 1 },
  },
  {
    title: "a mail that is recorded as sent and never came is lost",
    evidence: {
      published: [],
      records: [record("1", "a@x"), record("2", "b@x")],
      got: [got("b@x", "2")],
    },
    verdict: { received: 1, lost: ["recorded as sent, and not received: 1"] },
  },
  {
    title: "activities with ids count exactly once",
    evidence: {
      published: [activity("few"), activity("few"), activity("many"), activity("right")],
      counts: new Map([["few", 1], ["many", 2], ["right", 1]]),
    },
    verdict: {
      published: 4,
      lost: ["few: counted 1 times, published 2 times"],
      countedTwice: ["many: counted 2 times, published 1 times"],
    },
  },
  {
    title: "an activity that was not confirmed counts once or not at all",
    evidence: {
      published: [
        activity("a", { isConfirmed: false }),
        activity("b", { isConfirmed: false }),
        activity("c", { isConfirmed: false }),
      ],
      counts: new Map([["b", 1], ["c", 2]]),
    },
    verdict: { countedTwice: ["c: counted 2 times, published 0 times"] },
  },
  {
    title: "an activity without an id may count again after a crash",
    evidence: {
      published: [activity("a", { hasId: false })],
      counts: new Map([["a", 2]]),
    },
    verdict: { published: 1 },
  },
  {
    title: "an activity that failed is not missed",
    evidence: {
      published: [activity("a"), activity("a")],
      failed: [{ name: "a", reason: "invalid" }],
      counts: new Map([["a", 1]]),
    },
    verdict: { published: 2, failed: 1, reasons: { invalid: 1 } },
  },
];

for (const { title, evidence, verdict } of ROWS) {
  Deno.test(`in the crash suite's verdict, ${title}`, () => {
    assert.deepEqual(verdictOf(evidenceOf(evidence)), {
      published: 0,
      received: 0,
      twice: NONE,
      anonymousTwice: 0,
      failed: 0,
      reasons: {},
      withoutReason: [],
      waiting: [],
      lost: [],
      countedTwice: [],
      ...verdict,
    });
  });
}

Deno.test("a run of the crash suite with mails is good only when nothing went wrong", () => {
  assert.equal(isGoodMail(resultOf({})), true);
  const bad: Partial<MailEvidence>[] = [
    { published: [mail("a@x")] },
    { waiting: [{ name: "a@x" }] },
    { failed: [{ name: "a@x", reason: undefined }] },
    { published: [mail("a@x")], got: [got("a@x", "1"), got("a@x", "1")] },
    { published: [activity("a")], counts: new Map([["a", 2]]) },
  ];
  for (const evidence of bad) assert.equal(isGoodMail(resultOf(evidence)), false);
  assert.equal(isGoodMail({ ...resultOf({}), problems: ["ended with exit code 1"] }), false);
});

Deno.test("the crash suite's report on mails says what was lost and how to repeat the run", () => {
  const text = mailReport(resultOf({
    published: [mail("a@x"), mail("b@x"), mail("c@x")],
    got: [got("a@x", "1"), got("a@x", "1"), got("b@x", "2"), got("b@x", "2")],
    maybeSent: new Set(["1"]),
  })).join("\n");
  assert.match(text, /^published +3$/m);
  assert.match(text, /^mails received +4$/m);
  assert.match(text, /^received twice +2 +1 of them with "maybe sent" in a log$/m);
  assert.match(text, /^received twice: b@x$/m);
  assert.match(text, /^lost +1$/m);
  assert.match(text, /^lost: c@x$/m);
  assert.match(text, /^SMTP killed +1 +0\.50 s +0\.50 s$/m);
  assert.match(
    text,
    /^FAILED; .*deno task crash --mail --broker embedded --database sqlite --seconds 8 --seed 4$/m,
  );
});

Deno.test("the events of which a log says that they were maybe sent are found", () => {
  const lines = [
    '{"level":"warning","message":"maybe sent, sent again: x","event":"crash-1","attempt":1}',
    '{"level":"info","message":"Sending x","event":"crash-2"}',
    '{"level":"error","message":"failed: maybe sent: y","queue":"email_senders","event":"crash-3"}',
    "maybe sent, by a line that is cut",
  ];
  assert.deepEqual(maybeSentIds(lines.join("\n")), ["crash-1", "crash-3"]);
});

Deno.test("a seed repeats the mails and the activities that the crash suite publishes", () => {
  const users = [{ id: 1, address: "user0@people.example" }];
  const events = (seed: number) => {
    const random = new Random(seed);
    return Array.from({ length: 50 }, (_, number) => nextEvent(number, random, users, 1));
  };
  assert.deepEqual(events(1), events(1));
  assert.notDeepEqual(events(1), events(2));
  assert.equal(new Set(events(1).map(({ id }) => id)).has(undefined), true, "some have no id");
});

function evidenceOf(evidence: Partial<MailEvidence>): MailEvidence {
  return {
    published: [],
    got: [],
    failed: [],
    waiting: [],
    maybeSent: new Set(),
    counts: new Map(),
    records: [],
    ...evidence,
  };
}

function mail(name: string, some: Partial<Published> = {}): Published {
  return { name, queue: "email_senders", hasId: true, isConfirmed: true, ...some };
}

function activity(name: string, some: Partial<Published> = {}): Published {
  return { ...mail(name, some), queue: "user_activity" };
}

/** A mail of the event with this id. */
function got(recipient: string, id: string) {
  return { recipient, messageId: messageIdOf(id) };
}

function record(key: string, recipient: string) {
  return { key, step: createHash("sha256").update(recipient).digest("hex") };
}

function resultOf(evidence: Partial<MailEvidence>): MailResult {
  return {
    broker: "embedded",
    database: "sqlite",
    seconds: 8,
    seed: 4,
    isBroken: false,
    verdict: verdictOf(evidenceOf(evidence)),
    recoveries: [{ kind: "SMTP killed", count: 1, times: [500] }],
    unconfirmed: {},
    problems: [],
  };
}
