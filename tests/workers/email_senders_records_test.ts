import assert from "node:assert/strict";
import { mailTest } from "../fixtures/mail/worker.ts";
import { rawHeader } from "../fixtures/smtp/smtp.ts";

mailTest("an event that comes again after its mail was sent sends nothing", async (test) => {
  const event = { to_user_ids: [test.people.ada] };
  assert.equal((await test.run(event)).outcome, "done");
  assert.equal((await test.run(event)).outcome, "done");
  assert.equal(test.smtp.received().length, 1);
  assert.deepEqual(await test.states(), ["done"]);
});

mailTest(
  "a recipient refused for good costs only itself, and gets the mail when it is put back",
  async (test) => {
    test.smtp.script({ recipients: { "charles@people.example": "550 5.1.1 No such user" } });
    const event = { to_user_ids: [test.people.ada, test.people.charles] };
    const first = await test.run(event);
    assert.equal(first.outcome, "failed");
    assert.equal(
      first.error?.message,
      "the mail server refuses it: <recipient 2> 550 5.1.1 No such user",
    );
    test.smtp.script({});
    const again = await test.run(event);
    assert.equal(again.outcome, "failed", "nobody has put it back");
    const put = await test.run(event, { retriedAt: Date.now() + 1000 });
    assert.equal(put.outcome, "done");
    const received = await test.smtp.mails(2);
    assert.deepEqual(received.map(({ recipients }) => recipients), [
      ["ada@people.example"],
      ["charles@people.example"],
    ]);
  },
);

mailTest(
  "a recipient refused for now gets the mail later, and no attempt is counted",
  async (test) => {
    test.smtp.script({ recipients: { "charles@people.example": "450 4.2.0 Greylisted" } });
    const event = { to_user_ids: [test.people.ada, test.people.charles] };
    const first = await test.run(event);
    assert.deepEqual([first.outcome, first.counted, first.delay], ["retried", false, 60]);
    test.smtp.script({});
    assert.equal((await test.run(event)).outcome, "done");
    const received = await test.smtp.mails(2);
    assert.deepEqual(received.map(({ recipients }) => recipients), [
      ["ada@people.example"],
      ["charles@people.example"],
    ]);
  },
);

mailTest(
  "an unanswered mail that somebody waits for is sent again, with a warning",
  async (test) => {
    test.smtp.script({ data: "cut-after" });
    const event = { to_user_ids: [test.people.ada] };
    const first = await test.run(event);
    assert.deepEqual([first.outcome, first.counted], ["retried", true]);
    assert(
      first.logs.some(({ level, message }) =>
        level === "warning" && message.startsWith("maybe sent, sent again: ")
      ),
    );
    test.smtp.script({});
    await test.age();
    const second = await test.run(event);
    assert.equal(second.outcome, "done");
    const warning = "maybe sent, sent again: an earlier run ended before the server answered";
    assert(second.logs.some(({ level, message }) => level === "warning" && message === warning));
    const [one, two] = await test.smtp.mails(2);
    assert(one && two);
    assert.equal(rawHeader(one, "Message-ID"), rawHeader(two, "Message-ID"));
  },
);

mailTest(
  "an unanswered mail that nobody waits for is reported, and sent when it is put back",
  async (test) => {
    test.smtp.script({ data: "cut-after" });
    const event = { to_user_ids: [test.people.ada] };
    const environment = { EMAIL_MAYBE_SENT: "report" };
    const first = await test.run(event, { environment });
    assert.equal(first.outcome, "failed");
    assert.match(first.error?.message ?? "", /^maybe sent: /);
    test.smtp.script({});
    const soon = await test.run(event, { environment });
    assert.deepEqual(
      [soon.outcome, soon.counted],
      ["retried", false],
      "the process that sent it may still wait for the answer",
    );
    await test.age();
    assert.equal((await test.run(event, { environment })).outcome, "failed");
    assert.equal(test.smtp.received().length, 1);
    const retriedAt = Date.now() + 1000;
    assert.equal((await test.run(event, { environment, retriedAt })).outcome, "done");
    assert.equal((await test.smtp.mails(2)).length, 2);
  },
);
