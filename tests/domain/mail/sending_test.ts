import assert from "node:assert/strict";
import type { StepState } from "../../../lib/domain/database/effects.ts";
import type { RecipientResult, SendResult } from "../../../lib/domain/mail/outcome.ts";
import {
  decideMail,
  heldBack,
  type MailDecision,
  mailPause,
  type MailRecords,
  type MaybeSent,
  maybeSentPolicy,
  type Recorded,
  sentAgain,
  toSend,
} from "../../../lib/domain/mail/sending.ts";

const A = "ada@example.com";
const B = "bob@example.com";
const OK: RecipientResult = { kind: "accepted" };
const NO = refused(550, "5.1.1 No such user");
const LATER = refused(450, "4.2.0 Greylisted");

function refused(code: number, words: string): RecipientResult {
  return { kind: "refused", isForGood: code >= 500, isOfMail: false, code, words };
}

function recorded(...states: StepState[]): Recorded[] {
  return states.map((state, at) => ({ address: [A, B][at] ?? "", state }));
}

function answered(...recipients: RecipientResult[]): SendResult {
  return { kind: "answered", recipients };
}

interface Row {
  readonly title: string;
  readonly states: StepState[];
  readonly result?: SendResult;
  readonly policy?: MaybeSent;
  readonly decision: MailDecision;
  readonly records?: Partial<MailRecords>;
}

const ROWS: readonly Row[] = [
  {
    title: "accepted by all: done",
    states: ["run", "run"],
    result: answered(OK, OK),
    decision: { kind: "done" },
    records: { done: [A, B] },
  },
  {
    title: "sent before: done, without sending",
    states: ["done"],
    decision: { kind: "done" },
  },
  {
    title: "one refused for good, none left: failed, with the refusal",
    states: ["run", "run"],
    result: answered(OK, NO),
    decision: {
      kind: "fail",
      reason: "the mail server refuses it: <recipient 2> 550 5.1.1 No such user",
    },
    records: { done: [A], failed: [B] },
  },
  {
    title: "one refused for good, one for now: waits for the second",
    states: ["run", "run"],
    result: answered(NO, LATER),
    decision: {
      kind: "later",
      reason: "the mail server does not take it now: <recipient 2> 450 4.2.0 Greylisted",
    },
    records: { failed: [A], forget: [B] },
  },
  {
    title: "the second accepted after the first was refused: failed, as the first was refused",
    states: ["failed", "run"],
    result: answered(OK),
    decision: { kind: "fail", reason: "the mail server refused it before: <recipient 1>" },
    records: { done: [B] },
  },
  {
    title: "no connection: the queue waits, and the mail may be sent at any time",
    states: ["run"],
    result: { kind: "not-sent", cause: "network", reason: "mail:25 does not answer in time" },
    decision: { kind: "pause", reason: "mail:25 does not answer in time" },
    records: { forget: [A] },
  },
  {
    title: "the connection lost within the mail: the mail waits, and others are tried",
    states: ["run"],
    result: { kind: "not-sent", cause: "interrupted", reason: "The connection to mail:25 failed" },
    decision: { kind: "later", reason: "The connection to mail:25 failed" },
    records: { forget: [A] },
  },
  {
    title: "a wrong password: the queue waits",
    states: ["run"],
    result: { kind: "not-sent", cause: "configuration", reason: "mail:25 refuses the login" },
    decision: { kind: "pause", reason: "mail:25 refuses the login" },
    records: { forget: [A] },
  },
  {
    title: "stopped before it was sent: may be sent at any time",
    states: ["run"],
    result: { kind: "not-sent", cause: "aborted", reason: "Sending was stopped" },
    decision: { kind: "stopped", reason: "Sending was stopped" },
    records: { forget: [A] },
  },
  {
    title: "no answer to the whole mail, nobody waits for it: failed, the record stays open",
    states: ["run"],
    result: { kind: "unknown", reason: "mail:25 did not answer to the whole mail" },
    decision: { kind: "fail", reason: "maybe sent: mail:25 did not answer to the whole mail" },
  },
  {
    title: "no answer to the whole mail, somebody waits for it: sent again",
    states: ["run"],
    policy: "resend",
    result: { kind: "unknown", reason: "mail:25 did not answer to the whole mail" },
    decision: {
      kind: "resend",
      reason: "maybe sent, sent again: mail:25 did not answer to the whole mail",
    },
  },
  {
    title: "a run ended between sending and its record: failed as maybe sent",
    states: ["unknown"],
    decision: {
      kind: "fail",
      reason: "maybe sent: an earlier run ended before the server answered",
    },
  },
  {
    title: "maybe sent to one: the others get it, then it is reported",
    states: ["unknown", "run"],
    result: answered(OK),
    decision: {
      kind: "fail",
      reason: "maybe sent: an earlier run ended before the server answered",
    },
    records: { done: [B] },
  },
];

for (const { title, states, result, policy = "report", decision, records } of ROWS) {
  Deno.test(`a mail, ${title}`, () => {
    const expected = { done: [], failed: [], forget: [], ...records };
    assert.deepEqual(decideMail(recorded(...states), result, policy), {
      decision,
      records: expected,
    });
  });
}

Deno.test("a mail that another process sends is held back", () => {
  assert.equal(heldBack(recorded("run", "done")), undefined);
  assert.equal(heldBack(recorded({ busyUntil: 5 }, { busyUntil: 7 }))?.until, 7);
});

Deno.test("a mail goes to those who do not have it yet", () => {
  assert.deepEqual(toSend(recorded("done", "run")), [B]);
  assert.deepEqual(toSend(recorded("failed", "unknown")), []);
  assert.deepEqual(toSend(recorded("again", "done")), [A]);
});

Deno.test("a mail that an earlier run may have sent is sent again with a warning, and no other", () => {
  assert.equal(
    sentAgain(recorded("run", "again")),
    "maybe sent, sent again: an earlier run ended before the server answered",
  );
  assert.equal(sentAgain(recorded("run", "done")), undefined);
});

Deno.test("a mail that may be sent is sent again where somebody waits for it, else reported", () => {
  assert.equal(maybeSentPolicy("zerver/emails/password_reset", undefined), "resend");
  assert.equal(maybeSentPolicy("two_factor_code", undefined), "resend");
  assert.equal(maybeSentPolicy("zerver/emails/missed_message", undefined), "report");
  assert.equal(maybeSentPolicy("zerver/emails/digest", "resend"), "resend");
  assert.equal(maybeSentPolicy("zerver/emails/password_reset", "report"), "report");
});

Deno.test("a mail that waits is tried more rarely the longer it has waited", () => {
  assert.deepEqual([0, 299, 300, 3599, 3600, 80_000].map((waited) => mailPause(waited)), [
    60,
    60,
    300,
    300,
    900,
    900,
  ]);
});

Deno.test("a mail that another process sends is tried again as soon as that must have ended", () => {
  assert.deepEqual([90, 60, 4.2, 0, -1].map((left) => mailPause(0, left)), [60, 60, 5, 1, 1]);
});
