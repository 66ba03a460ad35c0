import assert from "node:assert/strict";
import type { RecipientResult, SendResult } from "../../../lib/domain/mail/outcome.ts";
import { RefusalStreak } from "../../../lib/domain/mail/refusal_streak.ts";

function refused(code: number, isOfMail = true): SendResult {
  const words = "5.7.1 Blocked";
  return answered({ kind: "refused", isForGood: code >= 500, isOfMail, code, words });
}

function answered(...recipients: RecipientResult[]): SendResult {
  return { kind: "answered", recipients };
}

/** A streak after that many refused mails. */
function after(count: number, result: SendResult = refused(554)): RefusalStreak {
  const streak = new RefusalStreak();
  for (let id = 1; id <= count; id++) assert.deepEqual(streak.add(result, String(id)), result);
  return streak;
}

const BLOCKED: SendResult = {
  kind: "not-sent",
  cause: "configuration",
  reason: "the server refused 20 mails in a row (554 5.7.1 Blocked): it may block this host or " +
    "the sender",
};

Deno.test("a server that refuses 20 mails in a row with one code takes no mail", () => {
  assert.deepEqual(after(19).add(refused(554), "20"), BLOCKED);
});

Deno.test("of a server that takes no mail, each try is another mail", () => {
  const streak = after(19);
  streak.add(refused(554), "20");
  const again = streak.add(refused(554), "20");
  assert(again.kind === "answered" && again.recipients[0]?.kind === "refused");
  assert.equal(again.recipients[0].isForGood, false);
  assert.equal(streak.add(refused(554), "21").kind, "not-sent");
});

Deno.test("a mail that is accepted, or refused with another code, ends the row", () => {
  for (const other of [answered({ kind: "accepted" }), refused(550)]) {
    const streak = after(19);
    streak.add(other, "20");
    assert.deepEqual(streak.add(refused(554), "21"), refused(554));
  }
});

Deno.test("recipients that do not exist, and mails that are too large, are no row", () => {
  after(40, refused(550, false));
  after(40, refused(552));
  after(40, refused(451));
});

Deno.test("a connection that fails neither counts nor ends the row", () => {
  const streak = after(19);
  const lost: SendResult = { kind: "not-sent", cause: "network", reason: "away" };
  assert.deepEqual(streak.add(lost, "20"), lost);
  assert.deepEqual(streak.add(refused(554), "20"), BLOCKED);
});
