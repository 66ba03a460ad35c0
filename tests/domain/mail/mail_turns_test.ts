import assert from "node:assert/strict";
import { MailTurns } from "../../../lib/domain/mail/mail_turns.ts";
import type { MailDecision } from "../../../lib/domain/mail/sending.ts";

const LONG_MS = 60_000;
const DONE: MailDecision = { kind: "done" };
const PAUSE: MailDecision = { kind: "pause", reason: "no server" };
const STOPPED: MailDecision = { kind: "stopped", reason: "Sending was stopped" };

/** One connection, which a mail has until `end` is called with what came of it. */
function taken() {
  const turns = new MailTurns(1);
  const { promise, resolve: end } = Promise.withResolvers<MailDecision>();
  const { signal } = new AbortController();
  const first = turns.run(() => promise, { key: "first", signal, waitMs: LONG_MS });
  return { turns, first, end, signal };
}

function mustNotSend(): never {
  throw new Error("A mail without a turn is not sent");
}

/** What came of the mail that has the connection; a pause holds for the one that waits, too. */
const ENDS: readonly [decision: MailDecision, isSent: boolean][] = [[DONE, true], [PAUSE, false]];

for (const [decision, expected] of ENDS) {
  Deno.test(`a mail is ${expected ? "" : "not "}sent when the one before it ends with ${decision.kind}`, async () => {
    const { turns, first, end, signal } = taken();
    let isSent = false;
    const second = turns.run(() => {
      isSent = true;
      return Promise.resolve(DONE);
    }, { key: "second", signal, waitMs: LONG_MS });
    end(decision);
    assert.deepEqual([await first, await second], [decision, decision]);
    assert.equal(isSent, expected);
  });
}

Deno.test("a mail that waits too long for its turn is tried again a second later at the earliest", async () => {
  const { turns, first, end, signal } = taken();
  const before = Date.now();
  const second = await turns.run(mustNotSend, { key: "second", signal, waitMs: 1 });
  assert(second.kind === "later" && second.until !== undefined);
  assert.equal(second.reason, "the mails before it take long");
  assert(second.until >= before + 1000 && second.until <= Date.now() + 1000);
  end(DONE);
  await first;
});

Deno.test("a mail that waits for its turn is stopped with its run", async () => {
  const { turns, first, end } = taken();
  const run = new AbortController();
  const second = turns.run(mustNotSend, { key: "second", signal: run.signal, waitMs: LONG_MS });
  run.abort();
  assert.deepEqual(await second, STOPPED);
  end(DONE);
  await first;
});
